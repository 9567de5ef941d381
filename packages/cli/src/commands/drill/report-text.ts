import type { DrillReport } from '@holdfast/drill/report'
import { count, duration, plural } from '../../terminal/format.ts'
import { table } from '../../terminal/layout.ts'
import { paint } from '../../terminal/paint.ts'

/** The screen at the end of `holdfast drill`. */
export function reportText(report: DrillReport): string {
  const { primary } = report
  const none = (number: number, word: string) =>
    number === 0 ? paint.good('0') : paint.bad(`${count(number)} ${word}`)
  const rows = [
    ['Requests', `${count(report.requests)}`, operations(report)],
    ['Failed requests', none(report.failedRequests, ''), failures(report)],
    ['Users logged out', none(report.loggedOut, ''), report.loggedOutIds.join(' ')],
    ['Missing acknowledged logins', none(report.missingAcknowledged, ''), audited(report)],
    ['Undone logouts', none(report.undoneLogouts, ''), report.undoneIds.join(' ')],
    [
      'Longest wait of a verification',
      duration(report.longestVerifyMs),
      `${waits(report.verifications)}; of this, up to ${duration(Math.min(report.ownDelayMs, report.longestVerifyMs))} is delay of the drill itself`,
    ],
    ['Longest wait of a login', duration(report.longestLoginMs), waits(report.logins)],
    ['New primary after', newPrimary(report), `${primary.before} -> ${primary.after ?? 'none'}`],
    ...operation(report),
    ['Answers by server', '', servers(report)],
  ].map(([title = '', value = '', more = '']) => [title, value, paint.faint(more)])
  const verdict = report.ok ? paint.good(headline(report)) : paint.bad('✗ Not every objective was met')
  return [
    '',
    `  ${verdict}  ${report.fault.done}`,
    '',
    table(rows, { right: [1] }),
    ...redisClients(report),
    ...problems(report),
    ...samples(report),
    '',
  ].join('\n')
}

/** With a full memory, or with `--slo`, users may have noticed although every objective is met. */
const headline = ({ failedRequests, refusedLogins, redis }: DrillReport) =>
  failedRequests + refusedLogins + (redis?.failedCommands ?? 0) + (redis?.uncertainWrites ?? 0) === 0
    ? '✓ No user noticed'
    : '✓ Every objective was met'

/** What plain Redis clients noticed. */
function redisClients({ redis }: DrillReport): string[] {
  if (redis === null) return []
  const bad = (number: number) => (number === 0 ? paint.good('0') : paint.bad(count(number)))
  const {
    commands,
    failedCommands,
    uncertainWrites,
    lostWrites,
    repeatedWrites,
    endedConnections,
    longestMs,
    failures,
  } = redis
  const row = [
    count(commands),
    bad(failedCommands),
    bad(uncertainWrites),
    bad(lostWrites),
    bad(repeatedWrites),
    bad(endedConnections),
    duration(longestMs),
  ]
  const head = ['COMMANDS', 'FAILED', 'UNCERTAIN', 'LOST', 'DONE TWICE', 'CUT OFF', 'LONGEST WAIT']
  return [
    '',
    '  Redis clients through the proxy',
    table([row], { head, right: [0, 1, 2, 3, 4, 5, 6], indent: 4 }),
    ...failures.map(({ what, count: times }) => `    ${count(times)} times: ${what}`),
  ]
}

const operations = ({ verifications, logins, logouts }: DrillReport) =>
  `${count(verifications.count)} verifications, ${count(logins.count)} logins, ${count(logouts.count)} logouts`

const failures = ({
  failedRequests,
  failedVerifications,
  failedLogins,
  failedLogouts,
  refusedLogins,
}: DrillReport) =>
  failedRequests === 0
    ? refusedLogins > 0
      ? `and ${count(refusedLogins)} logins were refused because the memory was full, as designed`
      : ''
    : `${failedVerifications} verifications, ${failedLogins} logins, ${failedLogouts} logouts`

const audited = ({ audited, missingIds }: DrillReport) =>
  [
    `${count(audited.primary)} looked up on the primary, ${count(audited.gateways)} through gateways`,
    ...missingIds,
  ].join(' ')

const waits = ({ p50Ms, p99Ms, p999Ms }: DrillReport['logins']) =>
  `p50 ${duration(p50Ms)}, p99 ${duration(p99Ms)}, p99.9 ${duration(p999Ms)}`

function newPrimary({ newPrimaryMs, acknowledgingMs }: DrillReport): string {
  if (newPrimaryMs === null) return '-'
  return `${duration(newPrimaryMs)}${acknowledgingMs === null ? '' : ` (writes ${duration(acknowledgingMs)})`}`
}

function operation({ operationMs, connections }: DrillReport): string[][] {
  if (operationMs === null) return []
  const ended =
    connections === null
      ? ''
      : `${count(connections.ended)} of ${plural(connections.before, 'connection')} of applications ended`
  return [['The operation took', duration(operationMs), ended]]
}

const servers = ({ servers }: DrillReport) =>
  Object.entries(servers)
    .map(([name, answers]) => `${name} ${count(answers)}`)
    .join(', ')

function problems({ problems }: DrillReport): string[] {
  return problems.length === 0 ? [] : ['', ...problems.map((problem) => `  ${paint.bad('!')} ${problem}`)]
}

const MAX_SAMPLES = 9

function samples({ failures }: DrillReport): string[] {
  const shown = failures.slice(0, MAX_SAMPLES)
  if (shown.length === 0) return []
  const rows = shown.map(({ atMs, operation, what }) => [duration(atMs), operation, what])
  return ['', `  The first of ${plural(failures.length, 'recorded failure')}:`, table(rows, { indent: 4 })]
}
