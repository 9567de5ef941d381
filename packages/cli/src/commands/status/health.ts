import type { ProcessStatus } from '@holdfast/local/supervise/managed-process'
import type { DataCentreStatus } from '@holdfast/operations/status/facts'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'

/** The state of a process in the words of a sentence about it. */
const STATE_PHRASES: Record<ProcessStatus['state'], string> = {
  starting: 'starting',
  running: 'running',
  backoff: 'down and will be restarted',
  held: 'on hold: its data is gone, so it waits until another Redis is primary',
  stopped: 'stopped',
  lost: 'lost with its host, in a drill',
}

/** Every reason why a data centre is unhealthy; each returns one sentence per instance, or none. */
const REASONS: readonly ((status: DataCentreStatus) => string[])[] = [
  ({ supervisor }) =>
    supervisor === 'gone' ? ['The supervisor is not running: it will not restart any process.'] : [],
  ({ supervisor }) => (supervisor === 'hung' ? ['The supervisor does not respond.'] : []),
  ({ processes }) =>
    processes
      .filter(({ state }) => state !== 'running')
      .map(({ name, state }) => `${name} is ${STATE_PHRASES[state]}.`),
  ({ redis, sentinels }) =>
    [...redis, ...sentinels].flatMap((node) => (node.reachable ? [] : [`${node.name}: ${node.problem}`])),
  ({ redis }) => {
    const primaries = redis.filter((node) => node.reachable && node.role === 'primary')
    return primaries.length === 1 ? [] : [`${primaries.length} Redis report to be primary; exactly one must.`]
  },
  ({ redis }) =>
    redis
      .filter((node) => node.reachable && node.link === 'down')
      .map(({ name }) => `${name} has lost the link to its primary.`),
  ({ sentinels }) => {
    const named = new Set(sentinels.flatMap((node) => (node.reachable ? [node.primary] : [])))
    return named.size > 1 ? [`The Sentinels name different primaries: ${[...named].join(', ')}.`] : []
  },
]

/** Why a data centre is unhealthy, one sentence per reason; empty if it is healthy. Pure. */
export const unhealthyReasons = (status: DataCentreStatus): string[] =>
  REASONS.flatMap((reasonsIn) => reasonsIn(status))

/** The exit code of `holdfast status`. Pure. */
export function exitCodeOf(status: DataCentreStatus): ExitCode {
  if (unhealthyReasons(status).length === 0) return EXIT.ok
  const { supervisor, redis, sentinels } = status
  const isUnsupervised = supervisor === 'gone' || supervisor === 'none'
  const isSilent = [...redis, ...sentinels].every(({ reachable }) => !reachable)
  return isUnsupervised && isSilent ? EXIT.notRunning : EXIT.failed
}
