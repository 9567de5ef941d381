import type { DrillReport } from '@holdfast/drill/report'
import type { TimelineEvent, TimelineReport } from '@holdfast/drill/timeline'
import { duration } from '../../../terminal/format.ts'
import { html, type Markup } from './html.ts'

const WIDTH = 960
const LEFT = 64
const RIGHT = 16
/** Top and bottom of the two panels. */
const VERIFICATIONS = { top: 44, bottom: 174 }
const LOGINS = { top: 210, bottom: 320 }
const HEIGHT = 352
/** The minimal distance between the labels of events. */
const LABEL_GAP = 20

/** Both panels have the same logarithmic scale from 1 ms: to 1 s, or further if a request waited longer. */
const MIN_MS = 1
const TICKS_MS = [1, 10, 100, 1000, 10_000, 60_000]

/** The timeline of a drill as a drawing, with its events as a list. `id` is unique on the page. */
export function timelineFigure({ timeline, ...report }: DrillReport, id: string): Markup {
  const events = timeline.events.filter(({ kind }) => kind !== 'load-begins' && kind !== 'load-ends')
  return html`<figure class="timeline">
<div class="scroll" tabindex="0" role="region" aria-label="Timeline of ${report.id}">
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${id}-title ${id}-text">
<title id="${id}-title">Timeline of ${report.id}</title>
<desc id="${id}-text">${descriptionOf(timeline, report)}</desc>
${drawing(timeline, events, report.fault.lastsMs === 0)}
</svg>
</div>
<figcaption>
<ul class="key"><li class="key-verify">verification: median to longest</li><li class="key-login">login</li><li class="key-failed">failed verification</li><li class="key-fault">${report.operationMs === null ? 'fault active' : 'operation running'}</li></ul>
<ol class="events">${events.map(
    ({ atMs, kind, text }) =>
      html`<li class="event-${kind}"><span class="at">${seconds(atMs - timeline.fromMs)}</span> ${text}</li>`,
  )}</ol>
</figcaption>
</figure>`
}

function descriptionOf({ fromMs, toMs }: TimelineReport, report: Omit<DrillReport, 'timeline'>): string {
  return (
    `${duration(toMs - fromMs)} of load: ${report.verifications.count} verifications, ` +
    `${report.failedVerifications} of them failed, the longest took ${duration(report.longestVerifyMs)}; ` +
    `${report.logins.count} logins, the longest wait was ${duration(report.longestLoginMs)}.`
  )
}

function drawing(timeline: TimelineReport, events: readonly TimelineEvent[], isInstant: boolean): Markup {
  const { fromMs, toMs, everyMs, verifications, logins } = timeline
  const longestMs = Math.max(
    1,
    ...verifications.map(({ longestMs }) => longestMs),
    ...logins.map(({ waitedMs }) => waitedMs),
  )
  const ticks = TICKS_MS.filter((_, index) => index <= 3 || (TICKS_MS[index - 1] ?? 0) < longestMs)
  const maxMs = ticks.at(-1) ?? 1000
  const spanMs = Math.max(1, toMs - fromMs)
  const x = (atMs: number) => LEFT + clamp((atMs - fromMs) / spanMs) * (WIDTH - LEFT - RIGHT)
  const y =
    ({ top, bottom }: Panel) =>
    (ms: number) =>
      bottom - clamp(Math.log(Math.max(ms, MIN_MS) / MIN_MS) / Math.log(maxMs / MIN_MS)) * (bottom - top)
  const [verifyY, loginY] = [y(VERIFICATIONS), y(LOGINS)]
  const at = (atMs: number) => round(x(atMs + everyMs / 2))

  const begin = events.find(({ kind }) => kind === 'fault-begins')
  const end = events.find(({ kind }) => kind === 'fault-ends')
  const band =
    begin === undefined || isInstant
      ? null
      : { from: x(begin.atMs), to: Math.max(x(begin.atMs) + 2, x(end?.atMs ?? toMs)) }
  const drawn = verifications.filter(({ count }) => count > 0)
  return html`${
    band &&
    html`<rect class="fault" x="${round(band.from)}" y="${VERIFICATIONS.top}" width="${round(band.to - band.from)}" height="${LOGINS.bottom - VERIFICATIONS.top}"/>`
  }
${panel(VERIFICATIONS, 'Verifications', ticks, verifyY)}
${panel(LOGINS, 'Logins', ticks, loginY)}
${secondMarks(spanMs).map(
  (ms) =>
    html`<text class="tick" x="${round(x(fromMs + ms))}" y="${HEIGHT - 10}" text-anchor="middle">${ms / 1000} s</text>`,
)}
<path class="verify-range" d="${drawn
    .map(
      ({ atMs, medianMs, longestMs }) =>
        `M${at(atMs)} ${round(verifyY(medianMs))}V${round(verifyY(longestMs))}`,
    )
    .join('')}"/>
<path class="verify-median" d="${drawn
    .map(({ atMs, medianMs }, index) => `${index === 0 ? 'M' : 'L'}${at(atMs)} ${round(verifyY(medianMs))}`)
    .join('')}"/>
<path class="failed" d="${verifications
    .filter(({ failed }) => failed > 0)
    .map(({ atMs }) => `M${at(atMs)} ${VERIFICATIONS.top}v8`)
    .join('')}"/>
<path class="login-stem" d="${logins
    .map(({ atMs, waitedMs }) => `M${round(x(atMs))} ${LOGINS.bottom}V${round(loginY(waitedMs))}`)
    .join('')}"/>
<path class="login-dot" d="${logins
    .map(({ atMs, waitedMs }) => `M${round(x(atMs))} ${round(loginY(waitedMs))}h0`)
    .join('')}"/>
${marks(events.filter(({ atMs }) => atMs <= toMs).map((event) => ({ ...event, x: x(event.atMs) })))}`
}

interface Panel {
  top: number
  bottom: number
}

function panel(
  { top, bottom }: Panel,
  title: string,
  ticks: readonly number[],
  y: (ms: number) => number,
): Markup {
  return html`<text class="panel-title" x="${LEFT}" y="${top - 8}">${title}</text>
${ticks.map(
  (ms) =>
    html`<path class="grid" d="M${LEFT} ${round(y(ms))}H${WIDTH - RIGHT}"/><text class="tick" x="${LEFT - 8}" y="${round(y(ms) + 4)}" text-anchor="end">${ms < 1000 ? `${ms} ms` : `${ms / 1000} s`}</text>`,
)}<path class="axis" d="M${LEFT} ${bottom}H${WIDTH - RIGHT}"/>`
}

/** A line for each event, with its number in the list. Numbers that would overlap move to the right. */
function marks(events: readonly (TimelineEvent & { x: number })[]): Markup[] {
  let free = 0
  return events.map(({ kind, x }, index) => {
    const label = Math.max(x, free)
    free = label + LABEL_GAP
    return html`<g class="mark mark-${kind}"><path d="M${round(label)} 22L${round(x)} 36V${LOGINS.bottom}"/><circle cx="${round(label)}" cy="13" r="9"/><text x="${round(label)}" y="17" text-anchor="middle">${index + 1}</text></g>`
  })
}

/** Positions of the labels at full seconds, about twelve at most. */
function secondMarks(spanMs: number): number[] {
  const stepMs =
    [1000, 2000, 5000, 10_000, 20_000, 60_000, 120_000].find((step) => spanMs / step <= 12) ?? 300_000
  return Array.from({ length: Math.floor(spanMs / stepMs) + 1 }, (_, index) => index * stepMs)
}

const clamp = (share: number) => Math.min(1, Math.max(0, share))

const round = (number: number) => Math.round(number * 10) / 10

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
