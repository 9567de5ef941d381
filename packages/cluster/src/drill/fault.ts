import type { NodeAddress } from '@holdfast/tokens/redis'
import type { ControlClient } from '../operate/control-client.ts'
import type { ProcessStatus } from '../supervise/managed-process.ts'
import type { DrillFault } from './options.ts'

/** How a drill reaches the processes. */
export type FaultControl = Pick<ControlClient, 'status' | 'signal' | 'loseHost' | 'restoreHost'> & {
  switchover: () => Promise<unknown>
}

/** A fault with its victim. */
export interface FaultPlan {
  fault: DrillFault
  victim: ProcessStatus
  /** `kill -9 redis-1 (127.0.1.11:6379)` */
  text: string
  /** The primary is among the victims. */
  hitsPrimary: boolean
}

/** Chooses the victim. Pure: returns one sentence when there is none. */
export function planFault(
  fault: DrillFault,
  processes: readonly ProcessStatus[],
  primary: NodeAddress,
): FaultPlan | string {
  const victim = processes.find((process) => process.state === 'running' && isTarget(fault, process, primary))
  if (victim === undefined) return `No running process of this data centre is a ${fault.target}.`
  const where = `${victim.name} (${victim.host}:${victim.port})`
  const text = {
    kill: `kill -9 ${where}`,
    pause: `pause ${where}`,
    'lose-host': `lose host ${victim.host}: Redis, Sentinel and watchdog`,
    'switch-over': `switch over from ${where} as planned`,
  }[fault.action]
  return { fault, victim, text, hitsPrimary: fault.target === 'primary' }
}

function isTarget(fault: DrillFault, process: ProcessStatus, primary: NodeAddress): boolean {
  if (fault.target === 'gateway' || fault.target === 'sentinel') return process.kind === fault.target
  if (process.kind !== 'redis') return false
  const isPrimary = process.host === primary.host && process.port === primary.port
  return isPrimary === (fault.target === 'primary')
}

/** A fault that was done. */
export interface InjectedFault {
  /** On the clock of `performance.now()`, just before it was done. */
  atMs: number
  /** Ends what lasts: resumes what is paused, restores a lost host. Safe to call again. */
  undo(): Promise<void>
}

export async function injectFault(plan: FaultPlan, control: FaultControl): Promise<InjectedFault> {
  const { fault, victim } = plan
  const atMs = performance.now()
  let undone: Promise<unknown> | null = null
  const undoOnce = (work: () => Promise<unknown>) => async () => {
    undone ??= work()
    await undone
  }
  if (fault.action === 'kill') {
    await control.signal(victim.name, 'SIGKILL')
    return { atMs, undo: async () => {} }
  }
  if (fault.action === 'pause') {
    await control.signal(victim.name, 'SIGSTOP')
    return { atMs, undo: undoOnce(() => control.signal(victim.name, 'SIGCONT')) }
  }
  if (fault.action === 'switch-over') {
    const switching = control.switchover()
    // Whether it went well is told at the end; meanwhile users are watched.
    switching.catch(() => {})
    return { atMs, undo: async () => void (await switching) }
  }
  await control.loseHost(victim.host)
  return { atMs, undo: undoOnce(() => control.restoreHost(victim.host)) }
}

/** Whether the victim of a kill or of a lost host is gone, or is another process by now. */
export function isGone(plan: FaultPlan, processes: readonly ProcessStatus[]): boolean {
  const now = processes.find(({ name }) => name === plan.victim.name)
  return now?.pid !== plan.victim.pid
}

/**
 * Whether the data centre must choose a new primary: always when the primary or its host is gone; when it is
 * paused, only if it stays so for clearly longer than the Sentinels wait before they call it down.
 */
export function needsNewPrimary(plan: FaultPlan, pauseMs: number, downAfterMs: number): boolean {
  if (!plan.hitsPrimary) return false
  return plan.fault.action !== 'pause' || pauseMs > downAfterMs + PROMOTION_MS
}

/** What an election and a promotion take at most after the primary counts as down. */
const PROMOTION_MS = 4000
