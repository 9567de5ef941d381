import { health, type Planned, type ReasonCode } from '@holdfast/agent/group/health'
import type { GroupSnapshot } from '@holdfast/agent/group/snapshot'
import type { ProcessStatus } from '@holdfast/local/supervise/managed-process'
import type { DataCentreStatus, StatusReason } from './facts.ts'

/**
 * What makes a data centre unhealthy for `status`: a process is missing, or users notice. What passes by itself (a
 * failover, a lag, a rewrite) only shows in the figures, so that a monitor does not raise an alarm for it. The rest is
 * not asked with the rights of monitoring; the doctor examines it.
 */
const REPORTED: readonly ReasonCode[] = [
  'redis-unreachable',
  'sentinel-unreachable',
  'no-single-primary',
  'replica-not-linked',
  'sentinel-disagrees',
]

/** Every reason why a data centre is unhealthy; empty if it is healthy. Pure. */
export const statusReasons = (
  { supervisor, processes }: Pick<DataCentreStatus, 'supervisor' | 'processes'>,
  snapshot: GroupSnapshot,
  planned: Planned,
): StatusReason[] => [
  ...supervisorReasons(supervisor),
  ...processReasons(processes),
  ...health(snapshot, planned).filter(({ code }) => REPORTED.includes(code)),
]

/** `not-running`: nothing of it answers, and no supervisor starts it. Pure. */
export function verdictOf({
  reasons,
  supervisor,
  redis,
  sentinels,
}: DataCentreStatus): 'healthy' | 'unhealthy' | 'not-running' {
  if (reasons.length === 0) return 'healthy'
  const isUnsupervised = supervisor === 'gone' || supervisor === 'none'
  const isSilent = [...redis, ...sentinels].every(({ reachable }) => !reachable)
  return isUnsupervised && isSilent ? 'not-running' : 'unhealthy'
}

function supervisorReasons(supervisor: DataCentreStatus['supervisor']): StatusReason[] {
  if (supervisor === 'gone') {
    const text = 'The supervisor is not running: it will not restart any process.'
    return [{ code: 'supervisor-gone', process: null, text }]
  }
  if (supervisor === 'hung') {
    return [{ code: 'supervisor-hung', process: null, text: 'The supervisor does not respond.' }]
  }
  return []
}

/** The state of a process in the words of a sentence about it. */
const STATE_PHRASES: Record<ProcessStatus['state'], string> = {
  starting: 'starting',
  running: 'running',
  backoff: 'down and will be restarted',
  held: 'on hold: its data is gone, so it waits until another Redis is primary',
  stopped: 'stopped',
  lost: 'lost with its host, in a drill',
}

/** A reason for each process that does not run, by its supervisor. Pure. */
export const processReasons = (processes: readonly ProcessStatus[]): StatusReason[] =>
  processes
    .filter(({ state }) => state !== 'running')
    .map(({ name, state }) => ({
      code: 'process-not-running',
      process: name,
      text: `${name} is ${STATE_PHRASES[state]}.`,
    }))
