import type { RepeatSummary, Spread } from '@holdfast/drill/rehearsal/repeat'
import type { DrillReport } from '@holdfast/drill/report'
import { count, duration } from '../../../terminal/format.ts'
import { verdictPill } from './fault.ts'
import { html, type Markup } from './html.ts'

interface Column {
  title: string
  /** The figure of one run; null if it has none. */
  of(run: DrillReport): string | null
  /** Whether the figure should be zero and is not: of one run, and of all. */
  isBad?(run: DrillReport): boolean
  totalIsBad?: boolean
  /** The figures of all runs: counts have a total, times a median and a maximum. */
  total?: string
  median?: string
  max?: string
}

/** A repeated drill: one row per run, and totals. `notMade` lists the runs that did not run. */
export function runsSection(
  runs: readonly DrillReport[],
  summary: RepeatSummary,
  notMade: readonly string[],
): Markup {
  const columns = columnsOf(summary)
  const number = (text: string | null | undefined, isBad = false) =>
    html`<td class="number${isBad ? ' bad' : ''}">${text ?? null}</td>`
  const foot = (title: string, verdict: string, key: 'total' | 'median' | 'max') =>
    html`<tr><th scope="row">${title}</th><td>${verdict}</td>${columns.map((column) => number(column[key], key === 'total' && column.totalIsBad))}</tr>`
  return html`<section aria-labelledby="runs"><h2 id="runs">All runs</h2>
<div class="scroll" tabindex="0" role="region" aria-label="All runs"><table class="runs">
<thead><tr><th scope="col">Run</th><th scope="col">verdict</th>${columns.map(
    ({ title }) => html`<th scope="col" class="number">${title}</th>`,
  )}</tr></thead>
<tbody>${runs.map(
    (run, index) =>
      html`<tr><th scope="row"><a href="#fault-${index + 1}">Run ${index + 1}</a></th><td>${verdictPill(run.ok)}</td>${columns.map(
        ({ of, isBad }) => number(of(run) ?? '–', isBad?.(run)),
      )}</tr>`,
  )}${notMade.map(
    (name) =>
      html`<tr><th scope="row">${name}</th><td colspan="${columns.length + 1}">not run: the data centre was unhealthy</td></tr>`,
  )}</tbody>
<tfoot>
${foot('Total', `${summary.okRuns} of ${runs.length + notMade.length} met`, 'total')}
${foot('Median', '', 'median')}
${foot('Max', '', 'max')}
</tfoot>
</table></div></section>`
}

function columnsOf(summary: RepeatSummary): Column[] {
  const { connections, newPrimary, operation } = summary
  return [
    { title: 'requests', of: ({ requests }) => count(requests), total: count(summary.requests) },
    impact('failed', ({ failedRequests }) => failedRequests, summary.failedRequests),
    impact('logged out', ({ loggedOut }) => loggedOut, summary.loggedOut),
    impact('lost', ({ missingAcknowledged }) => missingAcknowledged, summary.missingAcknowledged),
    impact('undone', ({ undoneLogouts }) => undoneLogouts, summary.undoneLogouts),
    ...(connections === null
      ? []
      : [impact('connections ended', (run) => run.connections?.ended ?? null, connections.ended)]),
    time('longest login wait', ({ longestLoginMs }) => longestLoginMs, summary.longestLogin),
    time('longest verification', ({ longestVerifyMs }) => longestVerifyMs, summary.longestVerify),
    time('verification p99', ({ verifications }) => verifications.p99Ms, summary.verificationP99),
    ...(newPrimary === null
      ? []
      : [time('new primary after', ({ newPrimaryMs }) => newPrimaryMs, newPrimary)]),
    ...(operation === null ? [] : [time('operation took', ({ operationMs }) => operationMs, operation)]),
    time('duration', ({ durationMs }) => durationMs, summary.duration),
  ]
}

const impact = (title: string, read: (run: DrillReport) => number | null, total: number): Column => ({
  title,
  of: (run) => orNone(read(run), count),
  isBad: (run) => (read(run) ?? 0) > 0,
  totalIsBad: total > 0,
  total: count(total),
})

const time = (
  title: string,
  read: (run: DrillReport) => number | null,
  { medianMs, mostMs }: Spread,
): Column => ({
  title,
  of: (run) => orNone(read(run), duration),
  median: duration(medianMs),
  max: duration(mostMs),
})

const orNone = (value: number | null, text: (value: number) => string) =>
  value === null ? null : text(value)
