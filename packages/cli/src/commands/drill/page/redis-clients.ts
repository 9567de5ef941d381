import type { DrillReport } from '@holdfast/drill/report'
import { count, duration } from '../../../terminal/format.ts'
import { html, type Markup } from './html.ts'

const TITLES = ['commands', 'failed', 'uncertain', 'lost', 'done twice', 'cut off', 'p99', 'longest wait']

/** The failures that plain Redis clients noticed, one row per drill; null without such clients. */
export function redisClientsSection(reports: readonly DrillReport[]): Markup | null {
  const rows = reports.flatMap((report, index) => rowsOf(report, index + 1))
  if (rows.length === 0) return null
  return html`<section aria-labelledby="redis-clients"><h2 id="redis-clients">Redis clients through the proxy</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Redis clients through the proxy"><table>
<thead><tr><th scope="col">Drill</th>${TITLES.map((title) => html`<th scope="col" class="number">${title}</th>`)}</tr></thead>
<tbody>${rows}</tbody>
</table></div></section>`
}

function rowsOf({ id, redis }: DrillReport, number: number): Markup[] {
  if (redis === null) return []
  const bad = (value: number) => html`<td class="number${value > 0 ? ' bad' : ''}">${count(value)}</td>`
  const { failedCommands, uncertainWrites, lostWrites, repeatedWrites, endedConnections, failures } = redis
  return [
    html`<tr><th scope="row"><a href="#fault-${number}">${id}</a></th><td class="number">${count(redis.commands)}</td>${[
      failedCommands,
      uncertainWrites,
      lostWrites,
      repeatedWrites,
      endedConnections,
    ].map(
      bad,
    )}<td class="number">${duration(redis.p99Ms)}</td><td class="number">${duration(redis.longestMs)}</td></tr>`,
    ...failures.map(
      ({ what, count: times }) =>
        html`<tr><td colspan="${TITLES.length + 1}">${count(times)} times: ${what}</td></tr>`,
    ),
  ]
}
