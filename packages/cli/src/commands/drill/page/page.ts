import type { RepeatSummary } from '@holdfast/drill/rehearsal/repeat'
import type { DrillReport } from '@holdfast/drill/report'
import { count, duration, plural, span, utc } from '../../../terminal/format.ts'
import { faultSection, verdictPill } from './fault.ts'
import { embeddedJson, html, type Markup, trusted } from './html.ts'
import { redisClientsSection } from './redis-clients.ts'
import { runsSection } from './runs.ts'
import { STYLE } from './style.ts'

/** The contents of a report. */
export interface ReportContents {
  reports: readonly DrillReport[]
  /** The summary of a repeated drill; null for a single drill and for a rehearsal. */
  summary: RepeatSummary | null
  /** The faults of a rehearsal, or the runs, that were not run. */
  notMade: readonly string[]
  /** Why an objective was missed, one sentence each. */
  problems: readonly string[]
  /** The object that `--json` prints. */
  data: unknown
}

/** A report as one HTML page that loads nothing and runs no script. Pure. */
export function reportPage({ reports, summary, notMade, problems, data }: ReportContents): string {
  const [first] = reports
  if (first === undefined) throw new RangeError('a report needs a drill')
  const { environment } = first
  const title = `Drill report of ${environment.dataCentre}`
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Holdfast ${environment.holdfast}">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<main>
<header class="top">
<p class="product">Holdfast drill</p>
<h1>${title}</h1>
<p class="when">${utc(Date.parse(first.startedAt))}, ${span(durationOf(reports))} of drills</p>
</header>
${verdict(reports, notMade, problems)}
${figures(reports)}
${summary === null ? faultTable(reports, notMade) : runsSection(reports, summary, notMade)}
${redisClientsSection(reports)}
${reports.map((report, index) => faultSection(report, index + 1))}
${environmentSection(first)}
${signatures()}
</main>
<script type="application/json" id="holdfast-drill">${embeddedJson(data)}</script>
</body>
</html>
`
  return page.text
}

const durationOf = (reports: readonly DrillReport[]) =>
  reports.reduce((sum, { durationMs }) => sum + durationMs, 0)

function verdict(
  reports: readonly DrillReport[],
  notMade: readonly string[],
  problems: readonly string[],
): Markup {
  const met = reports.filter(({ ok }) => ok).length
  const isMet = problems.length === 0
  const all = reports.length + notMade.length
  const sentence =
    all === 1
      ? `The drill ran and ${isMet ? 'met every objective' : 'missed an objective, or its load proved too little'}.`
      : `${met} of ${plural(all, 'drill')} ran and met every objective.`
  return html`<section class="verdict ${isMet ? 'pass' : 'miss'}" aria-label="Verdict">
<p class="big">${isMet ? '✓ Every objective was met' : '✗ Not every objective was met'}</p>
<p>${sentence}</p>
${isMet ? null : html`<ul>${problems.map((problem) => html`<li>${problem}</li>`)}</ul>`}
</section>`
}

function figures(reports: readonly DrillReport[]): Markup {
  const sum = (read: (report: DrillReport) => number) =>
    count(reports.reduce((total, one) => total + read(one), 0))
  const longest = (read: (report: DrillReport) => number) => duration(Math.max(...reports.map(read)))
  const all: [string, string][] = [
    ['requests', sum((report) => report.requests)],
    ['failed requests', sum((report) => report.failedRequests)],
    ['users logged out', sum((report) => report.loggedOut)],
    ['lost logins', sum((report) => report.missingAcknowledged)],
    ['undone logouts', sum((report) => report.undoneLogouts)],
    ['longest login wait', longest((report) => report.longestLoginMs)],
  ]
  return html`<dl class="figures">${all.map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`,
  )}</dl>`
}

/** A single drill needs no summary beside its own section. */
function faultTable(reports: readonly DrillReport[], notMade: readonly string[]): Markup | null {
  if (reports.length + notMade.length === 1) return null
  const titles = [
    'requests',
    'failed',
    'logged out',
    'lost',
    'undone',
    'p99',
    'p99.9',
    'login',
    'new primary',
  ]
  return html`<section aria-labelledby="summary"><h2 id="summary">Summary</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Summary of all drills"><table>
<thead><tr><th scope="col">Drill</th><th scope="col">verdict</th>${titles.map(
    (title) => html`<th scope="col" class="number">${title}</th>`,
  )}</tr></thead>
<tbody>${reports.map(summaryRow)}${notMade.map(
    (id) =>
      html`<tr><th scope="row">${id}</th><td colspan="${titles.length + 1}">not run: the data centre was unhealthy</td></tr>`,
  )}</tbody>
</table></div></section>`
}

function summaryRow(report: DrillReport, index: number): Markup {
  const bad = (number: number) => html`<td class="number${number > 0 ? ' bad' : ''}">${count(number)}</td>`
  return html`<tr><th scope="row"><a href="#fault-${index + 1}">${report.id}</a></th><td>${verdictPill(report.ok)}</td><td class="number">${count(report.requests)}</td>${[
    report.failedRequests,
    report.loggedOut,
    report.missingAcknowledged,
    report.undoneLogouts,
  ].map(bad)}${[
    duration(report.verifications.p99Ms),
    duration(report.verifications.p999Ms),
    duration(report.longestLoginMs),
    report.newPrimaryMs === null ? '–' : duration(report.newPrimaryMs),
  ].map((text) => html`<td class="number">${text}</td>`)}</tr>`
}

function environmentSection({ environment, users }: DrillReport): Markup {
  const rows: [string, string][] = [
    ['Holdfast', environment.holdfast],
    ['Redis', environment.redis],
    ['Node', environment.node],
    ['Machine', `${environment.system}, ${plural(environment.cpus, 'processor')}`],
    [
      'Timings',
      `${environment.timings}: down-after ${duration(environment.downAfterMs)}, failover-timeout ${duration(environment.failoverTimeoutMs)}`,
    ],
    ['Transport', environment.transport],
    ['Redis nodes', environment.redisNodes.join(', ')],
    ['Sentinels', environment.sentinels.join(', ')],
    ['Gateways', environment.gateways.join(', ')],
    ['Balancer', environment.balancer],
    ['Users of the drill', count(users)],
  ]
  return html`<section aria-labelledby="environment"><h2 id="environment">Environment</h2>
<dl class="environment">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
<p class="note">Percentiles use the nearest rank over every request that was due during the load, measured from the moment it was due. The element <code>holdfast-drill</code> of this file contains every figure as JSON.</p>
</section>`
}

const signatures = (): Markup =>
  html`<section class="signatures" aria-label="Signatures">${['Run by', 'Reviewed by'].map(
    (role) => html`<p><span>${role}</span><span>Date</span><span>Signature</span></p>`,
  )}</section>`
