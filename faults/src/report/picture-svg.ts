import type { Picture } from '../campaign/picture.ts'

const WIDTH = 960
const LEFT = 96
const RIGHT = 16
const FROM_MS = -1500
const TO_MS = 7000
/** The lanes, from top to bottom. */
const VERIFY_TOP = 56
const VERIFY_HEIGHT = 150
const LOGIN_TOP = 236
const LOGIN_HEIGHT = 64
const EVENTS_TOP = 330
const EVENT_HEIGHT = 17

const INK = '#1f2933'
const FAINT = '#9aa5b1'
const GOOD = '#2f6f4f'
const BAD = '#c0392b'

/**
 * Renders a failover over time as SVG: every verification with its latency, every login with its wait, and every
 * event.
 */
export function renderPicture(picture: Picture): string {
  const events = firstOfEach(picture)
  const height = EVENTS_TOP + events.length * EVENT_HEIGHT + 24
  const seconds = Array.from({ length: (TO_MS - FROM_MS) / 500 + 1 }, (_, index) => FROM_MS + index * 500)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="${INK}">
<title>Verifications, logins and events while the primary hangs and a replica is promoted</title>
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
<text x="${LEFT}" y="22" font-size="15" font-weight="600">The primary hangs at 0 s: ${escapeXml(picture.fault)}</text>
<text x="${LEFT}" y="40" fill="${FAINT}">Each dot is a verification by its latency; each bar is a login from request to acknowledgement. Four application servers</text>
${seconds
  .filter((ms) => ms % 1000 === 0)
  .map((ms) => grid(ms, height))
  .join('\n')}
${latencyAxis()}
${picture.verifications.map(verification).join('\n')}
<text x="8" y="${LOGIN_TOP + 14}">logins</text>
<text x="8" y="${LOGIN_TOP + 30}" fill="${FAINT}">waiting</text>
${picture.logins.map(login).join('\n')}
${events.map(eventLine).join('\n')}
</svg>
`
}

function x(ms: number): number {
  const clipped = Math.min(TO_MS, Math.max(FROM_MS, ms))
  return Math.round((LEFT + ((clipped - FROM_MS) / (TO_MS - FROM_MS)) * (WIDTH - LEFT - RIGHT)) * 10) / 10
}

/** The scale has 0.1 ms at the bottom and 1 s at the top. All decades have the same height. */
function y(tookMs: number): number {
  const share = (Math.log10(Math.min(1000, Math.max(0.1, tookMs))) + 1) / 4
  return Math.round((VERIFY_TOP + VERIFY_HEIGHT * (1 - share)) * 10) / 10
}

function grid(ms: number, height: number): string {
  const stroke = ms === 0 ? BAD : '#e4e7eb'
  return `<line x1="${x(ms)}" x2="${x(ms)}" y1="${VERIFY_TOP}" y2="${height - 20}" stroke="${stroke}"/><text x="${x(ms)}" y="${height - 6}" text-anchor="middle" fill="${FAINT}">${ms / 1000} s</text>`
}

function latencyAxis(): string {
  const lines = [0.1, 1, 10, 100, 1000].map(
    (ms) =>
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(ms)}" y2="${y(ms)}" stroke="#f0f2f4"/><text x="${LEFT - 6}" y="${y(ms) + 4}" text-anchor="end" fill="${FAINT}">${ms} ms</text>`,
  )
  return `<text x="8" y="${VERIFY_TOP - 8}">verifications</text>\n${lines.join('\n')}`
}

function verification([atMs, tookMs, answered]: Picture['verifications'][number]): string {
  return `<circle cx="${x(atMs)}" cy="${y(tookMs)}" r="1.6" fill="${answered ? GOOD : BAD}"/>`
}

function login([sentMs, acknowledgedMs]: Picture['logins'][number], index: number): string {
  const row = LOGIN_TOP + 4 + ((index * 7) % (LOGIN_HEIGHT - 8))
  const wide = Math.max(1, x(acknowledgedMs) - x(sentMs))
  return `<rect x="${x(sentMs)}" y="${row}" width="${Math.round(wide * 10) / 10}" height="2" fill="#3b6ea5"/>`
}

function eventLine([atMs, what]: [number, string], index: number): string {
  const row = EVENTS_TOP + index * EVENT_HEIGHT
  const fits = atMs < 3500
  const text = `${(atMs / 1000).toFixed(2)} s  ${escapeXml(what)}`
  const place = fits ? `x="${x(atMs) + 6}" text-anchor="start"` : `x="${x(atMs) - 6}" text-anchor="end"`
  return `<circle cx="${x(atMs)}" cy="${row}" r="3" fill="${INK}"/><text ${place} y="${row + 4}">${text}</text>`
}

/** Three Sentinels and four servers report the same event, so the picture shows only the first report. */
function firstOfEach({ events }: Picture): [number, string][] {
  const seen = new Set<string>()
  return events
    .filter(([atMs]) => atMs >= FROM_MS && atMs <= TO_MS)
    .map(([atMs, what]): [number, string] => [atMs, plain(what)])
    .filter(([, what]) => !seen.has(what) && seen.add(what))
    .slice(0, 16)
}

/** Removes the name of the reporter, and addresses. */
function plain(what: string): string {
  const text = what.replace(/^(s[abc]|w\d+ \(\w+\)): /, '')
  const [, type] = /"type":"([a-z-]+)"/.exec(text) ?? []
  if (type !== undefined) return `applications: ${type}`
  const [event, about] = text.split(' ')
  if (text.startsWith('FAULT') || text.startsWith('HEALED')) return text.replace(/ \(.*/, '')
  return `Sentinels: ${event}${about === 'sentinel' ? ' (a Sentinel)' : ''}`
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
