import type { DataCentreStatus, ProcessStatus, RedisStatus, SentinelStatus } from '@holdfast/cluster'
import { formatAddress } from '@holdfast/tokens/redis'
import { count } from './terminal/format.ts'
import { paint } from './terminal/paint.ts'
import { table } from './terminal/table.ts'

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
export function statusText(status: DataCentreStatus): string {
  const problems = problemsOf(status)
  const verdict = problems.length === 0 ? paint.good('all is well') : paint.bad('not all is well')
  return [
    '',
    `  ${paint.strong(status.name)}  ${paint.accent(status.balancer)}  ${paint.faint(`${status.timings} timings`)}  ${verdict}`,
    '',
    table(rowsOf(status), {
      head: ['PROCESS', 'ADDRESS', 'STATE', 'PID', 'RESTARTS', 'SAYS'],
      right: [3, 4],
    }),
    ...(problems.length === 0 ? [] : ['', ...problems.map((problem) => `  ${paint.bad('!')} ${problem}`)]),
    '',
    `  ${paint.faint(`State and logs: ${status.stateDir}`)}`,
    '',
  ].join('\n')
}

function rowsOf({ processes, redis, sentinels }: DataCentreStatus): string[][] {
  const says = new Map([
    ...redis.map((node) => [node.name, redisSays(node)] as const),
    ...sentinels.map((node) => [node.name, sentinelSays(node)] as const),
  ])
  const known = processes.length > 0 ? processes : [...redis, ...sentinels].map(unsupervised)
  return known.map(({ name, host, port, state, pid, restarts }) => [
    name,
    formatAddress({ host, port }),
    state === null ? paint.faint('unknown') : paintState(state),
    pid === null ? paint.faint('-') : String(pid),
    restarts > 0 ? paint.warning(String(restarts)) : String(restarts),
    says.get(name) ?? '',
  ])
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
  return `names ${node.primary}, ${paint.faint(`epoch ${node.epoch}, knows ${node.known.replicas} replicas and ${node.known.sentinels} Sentinels`)}`
}
