import type { DataCentreStatus, ProcessStatus, RedisStatus, SentinelStatus } from '@holdfast/cluster'
import { formatAddress } from '@holdfast/tokens/redis'
import { count, harmless, plural, size, span, utc } from '../terminal/format.ts'
import { paint } from '../terminal/paint.ts'
import { table } from '../terminal/table.ts'
import { agesText, rotationLines } from './secrets-text.ts'

/** Whether everything runs and all agree on one primary that every replica follows. */
export function isWell(status: DataCentreStatus): boolean {
  return problemsOf(status).length === 0
}

/** What is not as it should be, in one sentence each. */
function problemsOf({ supervisor, processes, redis, sentinels }: DataCentreStatus): string[] {
  const problems: string[] = []
  if (supervisor === 'gone') problems.push('No supervisor runs: nothing would be started again.')
  if (supervisor === 'hung') problems.push('The supervisor does not answer.')
  for (const { name, state } of processes) {
    if (state !== 'running') problems.push(`${name} is ${STATE_WORDS[state]}.`)
  }
  for (const node of [...redis, ...sentinels]) {
    if (!node.reachable) problems.push(`${node.name}: ${node.problem}`)
  }
  const primaries = redis.filter((node) => node.reachable && node.role === 'primary')
  if (primaries.length !== 1)
    problems.push(`${primaries.length} Redis call themselves primary; it must be one.`)
  for (const node of redis) {
    if (node.reachable && node.link === 'down') problems.push(`${node.name} has no link to its primary.`)
  }
  const named = new Set(sentinels.flatMap((node) => (node.reachable ? [node.primary] : [])))
  if (named.size > 1) problems.push(`The Sentinels name different primaries: ${[...named].join(', ')}.`)
  return problems
}

const STATE_WORDS: Record<ProcessStatus['state'], string> = {
  starting: 'starting',
  running: 'running',
  backoff: 'down, and will be started again',
  held: 'held: its data is gone, so it waits until another Redis is primary',
  stopped: 'stopped',
  lost: 'lost on purpose, with its host',
}

/** The screen of `holdfast status`. */
export function statusText(status: DataCentreStatus, again: string): string {
  const problems = problemsOf(status)
  const verdict = problems.length === 0 ? paint.good('all is well') : paint.bad('not all is well')
  const { name, balancer, timings, stateDir, redis } = status
  const where = balancer === null ? '' : `  ${paint.accent(balancer)}`
  const isAsked = redis.some(({ reachable }) => reachable)
  return [
    '',
    `  ${paint.strong(name)}${where}  ${paint.faint(`${timings} timings`)}  ${verdict}`,
    ...(problems.length === 0 ? [] : ['', ...problems.map((problem) => `  ${paint.bad('!')} ${problem}`)]),
    '',
    processTable(status),
    ...(isAsked ? ['', figureTable(redis)] : []),
    '',
    table(factsOf(status, again)),
    ...(stateDir === null ? [] : ['', `  ${paint.faint(`State and logs: ${stateDir}`)}`]),
    '',
  ].join('\n')
}

/** Without a supervisor nobody knows states and process numbers. */
function processTable(status: DataCentreStatus): string {
  const { processes, redis, sentinels, supervisor } = status
  const says = new Map([
    ...redis.map((node) => [node.name, redisSays(node)] as const),
    ...sentinels.map((node) => [node.name, sentinelSays(node)] as const),
  ])
  if (supervisor === 'none') {
    const rows = [...redis, ...sentinels].map((node) => [
      node.name,
      formatAddress(node),
      says.get(node.name) ?? '',
    ])
    return table(rows, { head: ['PROCESS', 'ADDRESS', 'SAYS'] })
  }
  const known = processes.length > 0 ? processes : [...redis, ...sentinels].map(unsupervised)
  const rows = known.map(({ name, host, port, state, pid, restarts }) => [
    name,
    formatAddress({ host, port }),
    state === null ? paint.faint('unknown') : paintState(state),
    pid === null ? paint.faint('-') : String(pid),
    restarts > 0 ? paint.warning(String(restarts)) : String(restarts),
    says.get(name) ?? '',
  ])
  return table(rows, { head: ['PROCESS', 'ADDRESS', 'STATE', 'PID', 'RESTARTS', 'SAYS'], right: [3, 4] })
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

function redisSays(node: RedisStatus): string {
  if (!node.reachable) return paint.bad('does not answer')
  const offset = paint.faint(`offset ${count(node.offset)}`)
  if (node.role === 'primary') return `${paint.strong('primary')} of ${node.replicas} replicas, ${offset}`
  const link = node.link === 'up' ? '' : paint.bad(', link down')
  return `replica of ${node.primary}${link}, ${offset}`
}

function sentinelSays(node: SentinelStatus): string {
  if (!node.reachable) return paint.bad('does not answer')
  const leads = node.failingOver ? paint.warning(', leads a failover') : ''
  return `names ${node.primary}${leads}, ${paint.faint(`epoch ${node.epoch}, knows ${node.known.replicas} replicas and ${node.known.sentinels} Sentinels`)}`
}

/** A tenth of the memory is little: a login that does not fit is refused. */
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
  again: string,
): string[][] {
  const days = [...redis, ...sentinels].flatMap((node) =>
    node.reachable && node.certificateDays !== null ? [node.certificateDays] : [],
  )
  const least = Math.min(...days)
  const left = `certificates last ${plural(least, 'day')} or more`
  const { operation, applications, secrets, limits, rotations } = status
  const isSoon = least < limits.certificateDaysLeft
  const certificates = days.length === 0 ? '' : `, ${isSoon ? paint.warning(left) : left}`
  return [
    [
      paint.faint('primary'),
      lastFailover === null
        ? 'no failover is known'
        : `since ${utc(Date.parse(lastFailover.at))} or before, epoch ${lastFailover.epoch}`,
    ],
    [paint.faint('transport'), `${transport}${certificates}`],
    [
      paint.faint('used by'),
      applications.length === 0
        ? 'nobody at present'
        : applications
            .map(
              ({ name, host, connections }) =>
                `${host} (${harmless(name)}, ${plural(connections, 'connection')})`,
            )
            .join(', '),
    ],
    ...(secrets.length === 0 ? [] : [[paint.faint('secrets'), agesText(secrets, limits)]]),
    ...rotationLines(rotations, again).map((line) => [paint.faint('rotation'), paint.warning(line)]),
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

/** How a data centre is, on one line: what changes only when it matters. */
export function statusLine(status: DataCentreStatus): string {
  const { name, redis, sentinels, lastFailover, operation } = status
  const primary = redis.find((node) => node.reachable && node.role === 'primary')
  const linked = redis.filter((node) => node.reachable && node.link === 'up').length
  const agreeing = sentinels.filter(
    (node) => node.reachable && primary !== undefined && node.primary === formatAddress(primary),
  ).length
  const problems = problemsOf(status)
  return [
    `${name}: ${problems.length === 0 ? 'well' : 'not well'}`,
    primary === undefined ? 'no primary' : `primary ${primary.name} (${formatAddress(primary)})`,
    `${linked} of ${redis.length - 1} replicas linked`,
    `${agreeing} of ${sentinels.length} Sentinels agree`,
    ...(lastFailover === null ? [] : [`epoch ${lastFailover.epoch}`]),
    ...(operation === null ? [] : [operation.operation]),
    ...problems,
  ].join('; ')
}
