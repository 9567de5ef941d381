import type { ProcessState } from '../../supervise/managed-process.ts'
import { oneByOne } from '../advice.ts'
import { type Asked, OWN_CERTIFICATE, type Snapshot } from '../snapshot.ts'

/** Of a process that ended so often, its log says why it is silent. */
const MANY_RESTARTS = 3

/** What the supervisor says of a process; null when it does not say. */
export function processState({ processes }: Snapshot, name: string): ProcessState | null {
  return processes.find((process) => process.name === name)?.state ?? null
}

/** It is started again and again, or held: a check of its own tells of that. */
export function isToldOf(snapshot: Snapshot, name: string): boolean {
  const state = processState(snapshot, name)
  return state === 'backoff' || state === 'starting' || state === 'held'
}

/** It cannot be asked, and not because it refuses the admin: checks of their own tell of that. */
export const isDown = ({ facts, refusal }: Asked<unknown>): boolean =>
  facts === null && (refusal === null || refusal === 'error')

/** How every process gets a certificate that lasts, also where one has ended. */
export function newCertificates({ supervisor, again }: Snapshot): string {
  const command = `holdfast rotate certificates${again}`
  return supervisor === 'none'
    ? `${command}\nFor certificates of stunnel, add --manual: it prints the steps.`
    : command
}

/** How a silent process is brought back. */
export function wakeUp(snapshot: Snapshot, name: string): string {
  // It runs, and a restart would end the connections that it still has.
  const hasEnded = ({ name: of, daysLeft }: Snapshot['certificates'][number]) =>
    daysLeft < 0 && (of === name || of === OWN_CERTIFICATE)
  if (snapshot.certificates.some(hasEnded)) return newCertificates(snapshot)
  const asked = [...snapshot.redis, ...snapshot.sentinels].find((one) => one.name === name)
  if (asked?.refusal === 'error') {
    return 'It runs, and answers with that error. When it says that it is loading, wait. Else look whether it is what the plan says: its log tells, and a Sentinel must watch the primary by the name of the plan.'
  }
  const process = snapshot.processes.find((one) => one.name === name)
  if (process?.state === 'running' && process.restarts >= MANY_RESTARTS) {
    return `Look into the file "log" in its folder first: it was started again ${process.restarts} times.`
  }
  if (process?.state === 'running') {
    return `kill -CONT ${process.pid}, if it is only paused; kill -9 ${process.pid} otherwise: it is started again at once.\n${oneByOne(snapshot)}`
  }
  if (process?.state === 'lost')
    return `Restore the host ${process.host}: it was lost on purpose, by a drill.`
  if (snapshot.supervisor === 'none') {
    return `systemctl status 'holdfast-*' on its host, and journalctl for why; is the way there open?`
  }
  return `holdfast up --detach${snapshot.again}`
}

/** How a Redis or a Sentinel that runs is started again, and what that is for. */
export function restart(snapshot: Snapshot, name: string, why: string): string {
  const process = snapshot.processes.find((one) => one.name === name)
  const unit = name.startsWith('redis') ? 'holdfast-redis' : 'holdfast-sentinel'
  const how = process?.pid ? `kill ${process.pid}` : `systemctl restart ${unit}, on its host`
  return `Start ${name} again (${how}): ${why}.\n${oneByOne(snapshot)}`
}
