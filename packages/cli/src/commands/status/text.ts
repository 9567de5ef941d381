import type { ProcessStatus } from '@holdfast/local/supervise/managed-process'
import type { DataCentreStatus, RedisStatus, SentinelStatus } from '@holdfast/operations/status/facts'
import { formatAddress } from '@holdfast/tokens/redis'
import { count, plural, printable, size, span, utc } from '../../terminal/format.ts'
import { table } from '../../terminal/layout.ts'
import { paint } from '../../terminal/paint.ts'
import { agesText, rotationLines } from './secrets-text.ts'

/** The screen of `holdfast status`. `flags` select the data centre in commands. */
export function statusText(status: DataCentreStatus, flags: string): string {
  const reasons = status.reasons.map(({ text }) => text)
  const verdict = reasons.length === 0 ? paint.good('healthy') : paint.bad('unhealthy')
  const { name, balancer, timings, stateDir, redis } = status
  const where = balancer === null ? '' : `  ${paint.accent(balancer)}`
  const isAnswered = redis.some(({ reachable }) => reachable)
  return [
    '',
    `  ${paint.strong(name)}${where}  ${paint.faint(`${timings} timings`)}  ${verdict}`,
    ...(reasons.length === 0 ? [] : ['', ...reasons.map((reason) => `  ${paint.bad('!')} ${reason}`)]),
    '',
    processTable(status),
    ...(isAnswered ? ['', figureTable(redis)] : []),
    '',
    table(factsOf(status, flags)),
    ...(stateDir === null ? [] : ['', `  ${paint.faint(`State and logs: ${stateDir}`)}`]),
    '',
  ].join('\n')
}

/** Only the supervisor knows the states and process ids. */
function processTable(status: DataCentreStatus): string {
  const { processes, redis, sentinels, supervisor } = status
  const reports = new Map([
    ...redis.map((node) => [node.name, redisReport(node)] as const),
    ...sentinels.map((node) => [node.name, sentinelReport(node)] as const),
  ])
  if (supervisor === 'none') {
    const rows = [...redis, ...sentinels].map((node) => [
      node.name,
      formatAddress(node),
      reports.get(node.name) ?? '',
    ])
    return table(rows, { head: ['PROCESS', 'ADDRESS', 'REPORTS'] })
  }
  const known = processes.length > 0 ? processes : [...redis, ...sentinels].map(unsupervised)
  const rows = known.map(({ name, host, port, state, pid, restarts }) => [
    name,
    formatAddress({ host, port }),
    state === null ? paint.faint('unknown') : paintState(state),
    pid === null ? paint.faint('-') : String(pid),
    restarts > 0 ? paint.warning(String(restarts)) : String(restarts),
    reports.get(name) ?? '',
  ])
  return table(rows, { head: ['PROCESS', 'ADDRESS', 'STATE', 'PID', 'RESTARTS', 'REPORTS'], right: [3, 4] })
}

const unsupervised = ({ name, host, port }: RedisStatus | SentinelStatus) => ({
  name,
  host,
  port,
  state: null,
  pid: null,
  restarts: 0,
})

function paintState(state: ProcessStatus['state']): string {
  if (state === 'running') return paint.good(state)
  return state === 'starting' || state === 'backoff' ? paint.warning(state) : paint.bad(state)
}

function redisReport(node: RedisStatus): string {
  if (!node.reachable) return paint.bad('does not respond')
  const offset = paint.faint(`offset ${count(node.offset)}`)
  if (node.role === 'primary') return `${paint.strong('primary')} of ${node.replicas} replicas, ${offset}`
  const link = node.link === 'up' ? '' : paint.bad(', link down')
  return `replica of ${node.primary}${link}, ${offset}`
}

function sentinelReport(node: SentinelStatus): string {
  if (!node.reachable) return paint.bad('does not respond')
  const leads = node.failingOver ? paint.warning(', leads a failover') : ''
  return `names ${node.primary}${leads}, ${paint.faint(`epoch ${node.epoch}, knows ${node.known.replicas} replicas and ${node.known.sentinels} Sentinels`)}`
}

/** Above this share of the memory, warn: Redis refuses logins that do not fit. */
const NEARLY_FULL = 0.9

function figureTable(redis: readonly RedisStatus[]): string {
  const rows = redis.flatMap((node) => {
    if (!node.reachable) return []
    const { memory, connections, lagBytes } = node
    const isFull = memory.max > 0 && memory.used > NEARLY_FULL * memory.max
    const used = `${size(memory.used)}${memory.max > 0 ? ` of ${size(memory.max)}` : ''}`
    return [
      [
        node.name,
        count(node.keys),
        isFull ? paint.warning(used) : used,
        count(connections.open),
        lagBytes === null ? paint.faint('-') : size(lagBytes),
        node.version,
        span(Math.max(1, node.upSeconds) * 1000),
      ],
    ]
  })
  return table(rows, {
    head: ['REDIS', 'KEYS', 'MEMORY', 'CONNECTIONS', 'BEHIND', 'VERSION', 'UP'],
    right: [1, 3, 4],
  })
}

function factsOf(
  { lastFailover, transport, redis, sentinels, ...status }: DataCentreStatus,
  flags: string,
): string[][] {
  const days = [...redis, ...sentinels].flatMap((node) =>
    node.reachable && node.certificateDays !== null ? [node.certificateDays] : [],
  )
  const minDays = Math.min(...days)
  const left = `certificates last ${plural(minDays, 'day')} or more`
  const { operation, applications, secrets, limits, rotations } = status
  const isSoon = minDays < limits.certificateDaysLeft
  const certificates = days.length === 0 ? '' : `, ${isSoon ? paint.warning(left) : left}`
  return [
    [
      paint.faint('primary'),
      lastFailover === null
        ? 'no failover known'
        : `since at least ${utc(Date.parse(lastFailover.at))}, epoch ${lastFailover.epoch}`,
    ],
    [paint.faint('transport'), `${transport}${certificates}`],
    [
      paint.faint('used by'),
      applications.length === 0
        ? 'no application at present'
        : applications
            .map(
              ({ name, host, connections }) =>
                `${host} (${printable(name)}, ${plural(connections, 'connection')})`,
            )
            .join(', '),
    ],
    ...(secrets.length === 0 ? [] : [[paint.faint('secrets'), agesText(secrets, limits)]]),
    ...rotationLines(rotations, flags).map((line) => [paint.faint('rotation'), paint.warning(line)]),
    ...(operation === null
      ? []
      : [
          [
            paint.faint('operation'),
            paint.warning(`${operation.operation} since ${utc(Date.parse(operation.since))}`),
          ],
        ]),
  ]
}

/** The status on one line, without figures that change all the time. */
export function statusLine(status: DataCentreStatus): string {
  const { name, redis, sentinels, lastFailover, operation } = status
  const primary = redis.find((node) => node.reachable && node.role === 'primary')
  const linked = redis.filter((node) => node.reachable && node.link === 'up').length
  const agreeing = sentinels.filter(
    (node) => node.reachable && primary !== undefined && node.primary === formatAddress(primary),
  ).length
  const reasons = status.reasons.map(({ text }) => text)
  return [
    `${name}: ${reasons.length === 0 ? 'healthy' : 'unhealthy'}`,
    primary === undefined ? 'no primary' : `primary ${primary.name} (${formatAddress(primary)})`,
    `${linked} of ${redis.length - 1} replicas linked`,
    `${agreeing} of ${sentinels.length} Sentinels agree`,
    ...(lastFailover === null ? [] : [`epoch ${lastFailover.epoch}`]),
    ...(operation === null ? [] : [operation.operation]),
    ...reasons,
  ].join('; ')
}
