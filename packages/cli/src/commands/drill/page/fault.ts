import type { OperationReport } from '@holdfast/drill/measured'
import type { ObjectiveResult } from '@holdfast/drill/objectives/objectives'
import type { DrillReport } from '@holdfast/drill/report'
import { count, duration } from '../../../terminal/format.ts'
import { html, type Markup } from './html.ts'
import { timelineFigure } from './timeline.ts'

/** The section of a report about one fault. The summary links to it by `number`. */
export function faultSection(report: DrillReport, number: number): Markup {
  const { id, fault, ok, problems, objectives } = report
  return html`<section class="fault-section" id="fault-${number}" aria-labelledby="fault-${number}-name">
<header><h2 id="fault-${number}-name">${number}. ${id}</h2>${verdictPill(ok)}</header>
<p class="done">${sentence(fault.done)}</p>
${problems.length === 0 ? null : html`<ul class="problems">${problems.map((problem) => html`<li>${problem}</li>`)}</ul>`}
${timelineFigure(report, `timeline-${number}`)}
<div class="columns">
<div>
<h3>Objectives</h3>
<div class="scroll" tabindex="0" role="region" aria-label="Objectives of ${id}"><table>
<thead><tr><th scope="col">Objective</th><th scope="col" class="number">at most</th><th scope="col" class="number">measured</th><th scope="col">verdict</th></tr></thead>
<tbody>${objectives.map(objectiveRow)}</tbody>
</table></div>
</div>
<div>
<h3>What users did</h3>
<div class="scroll" tabindex="0" role="region" aria-label="Requests during ${id}"><table>
<thead><tr><th scope="col">Request</th><th scope="col" class="number">number</th><th scope="col" class="number">failed</th><th scope="col" class="number">p50</th><th scope="col" class="number">p99</th><th scope="col" class="number">longest</th></tr></thead>
<tbody>
${operationRow('Verification', report.verifications, report.failedVerifications)}
${operationRow('Login', report.logins, report.failedLogins)}
${operationRow('Logout', report.logouts, report.failedLogouts)}
</tbody>
</table></div>
<dl>${details(report).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</div>
</div>
${failures(report)}
</section>`
}

export const verdictPill = (ok: boolean): Markup =>
  ok ? html`<span class="pill pass">✓ met</span>` : html`<span class="pill miss">✗ missed</span>`

function objectiveRow({ title, unit, most, measured, met }: ObjectiveResult): Markup {
  const text = (number: number) => (unit === 'ms' ? duration(number) : count(number))
  return html`<tr class="${met ? 'met' : 'missed'}"><th scope="row">${title}</th><td class="number">${text(most)}</td><td class="number">${text(measured)}</td><td>${verdictPill(met)}</td></tr>`
}

const operationRow = (
  title: string,
  { count: number, p50Ms, p99Ms, longestMs }: OperationReport,
  failed: number,
) =>
  html`<tr><th scope="row">${title}</th><td class="number">${count(number)}</td><td class="number${failed > 0 ? ' bad' : ''}">${count(failed)}</td><td class="number">${duration(p50Ms)}</td><td class="number">${duration(p99Ms)}</td><td class="number">${duration(longestMs)}</td></tr>`

function details(report: DrillReport): [string, string][] {
  const { primary, newPrimaryMs, acknowledgingMs, operationMs, connections, audited, refusedLogins } = report
  const isSame = newPrimaryMs === null && primary.after === primary.before
  const rows: [string, string | null][] = [
    [isSame ? 'Primary throughout' : 'Primary before', primary.before],
    ['Primary after', isSame ? null : (primary.after ?? 'none')],
    ['New primary after', after(newPrimaryMs)],
    ['Writes again after', after(acknowledgingMs)],
    ['The operation took', after(operationMs)],
    ['Connections ended', connections && `${count(connections.ended)} of ${count(connections.before)}`],
    ['Logins refused, as designed', refusedLogins === 0 ? null : count(refusedLogins)],
    [
      'Sessions looked up',
      `${count(audited.primary)} on the primary, ${count(audited.gateways)} through gateways`,
    ],
    [
      'Load',
      `${count(report.requestsPerSecond)} verifications and ${count(report.loginsPerSecond)} logins per second`,
    ],
    ['Own delay of the drill', `up to ${duration(report.ownDelayMs)}`],
  ]
  return rows.flatMap(([name, value]) => (value === null ? [] : [[name, value]]))
}

const after = (ms: number | null) => (ms === null ? null : duration(ms))

function failures({ failures, id }: DrillReport): Markup | null {
  if (failures.length === 0) return null
  return html`<h3>First failures</h3>
<div class="scroll" tabindex="0" role="region" aria-label="Failures during ${id}"><table>
<thead><tr><th scope="col" class="number">after</th><th scope="col">request</th><th scope="col">response</th></tr></thead>
<tbody>${failures.map(
    ({ atMs, operation, what }) =>
      html`<tr><td class="number">${duration(atMs)}</td><td>${operation}</td><td>${what}</td></tr>`,
  )}</tbody>
</table></div>`
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
