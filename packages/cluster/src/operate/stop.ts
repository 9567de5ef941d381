import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { ClusterError } from '../errors.ts'
import { StateFolder } from '../state/folder.ts'
import { isAlive, type ProcessIdentity, signalProcess } from '../state/process-identity.ts'
import { readProcesses, releaseSupervisor, runningSupervisor } from '../state/records.ts'
import { endLeftovers } from '../supervise/leftovers.ts'
import { connectControl } from './control-client.ts'

export interface StopOptions {
  /** Also delete the state folder, with every session and every secret in it. Default is `false`. */
  purge?: boolean
}

export interface StopReport {
  /** Names of the processes that ran. */
  ended: string[]
  /** How they were ended: by their supervisor, by the record that a dead one had left, or there were none. */
  by: 'supervisor' | 'record' | 'nobody'
  purged: boolean
}

const LOOK_AGAIN_MS = 20
const SUPERVISOR_EXIT_MS = 2000
/** How long a supervisor that does not answer has to end by itself, with all that it has started. */
const SUPERVISOR_GRACE_MS = 5000

/**
 * Ends the data centre of this state folder: through its supervisor, or, when that one is dead or hung, by the
 * processes that it has recorded. Nothing to end is not an error.
 *
 * Throws `NOT_RUNNING` when there is no such state folder, `STATE_UNUSABLE` when it is not Holdfast's.
 */
export async function stopDataCentre(stateDir: string, options: StopOptions = {}): Promise<StopReport> {
  const folder = new StateFolder(stateDir)
  if (!(await folder.isHoldfasts()) && runningSupervisor(folder) === null) {
    throw new ClusterError(
      'NOT_RUNNING',
      `There is no data centre in ${folder.path}. Name the one that you mean with \`--name\` or its state folder.`,
    )
  }
  const running = readProcesses(folder).filter(isAlive)
  const by = await end(folder, running.length > 0)
  if (options.purge) await folder.purge()
  return { ended: running.map(({ name }) => name), by, purged: options.purge ?? false }
}

async function end(folder: StateFolder, someRun: boolean): Promise<StopReport['by']> {
  const supervisor = runningSupervisor(folder)
  if (supervisor !== null) {
    try {
      const control = connectControl(folder.path)
      // A short question first: a stop may take its time, a supervisor that is hung should not.
      await control.status()
      await control.stop()
      await endOfSupervision(folder)
      return 'supervisor'
    } catch {
      // Hung, at the very beginning of its start, or it has died just now. It must not start anything again while its
      // processes are ended.
      if (supervisor.pid !== process.pid) await endSupervisor(supervisor)
    }
  }
  const left = await endLeftovers(folder)
  releaseSupervisor(folder)
  // A socket that is left does no harm: the next start makes its own.
  await rm(folder.controlSocket, { force: true }).catch(() => {})
  return someRun || left.length > 0 || supervisor !== null ? 'record' : 'nobody'
}

/** By its own way first: what it has begun ends with it. */
async function endSupervisor(supervisor: ProcessIdentity): Promise<void> {
  signalProcess(supervisor, 'SIGTERM')
  const untilMs = performance.now() + SUPERVISOR_GRACE_MS
  while (isAlive(supervisor)) {
    if (performance.now() > untilMs) signalProcess(supervisor, 'SIGKILL')
    await sleep(LOOK_AGAIN_MS)
  }
}

/** The supervisor has answered that all is down; its own files in the folder go a moment later. */
async function endOfSupervision(folder: StateFolder): Promise<void> {
  const untilMs = performance.now() + SUPERVISOR_EXIT_MS
  while (runningSupervisor(folder) !== null && performance.now() < untilMs) await sleep(LOOK_AGAIN_MS)
}
