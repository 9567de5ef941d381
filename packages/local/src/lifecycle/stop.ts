import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, type ProcessIdentity, signalProcess } from '@holdfast/files/process-identity'
import { ClusterError } from '@holdfast/site/errors'
import { StateFolder } from '../state/folder.ts'
import { readProcesses, releaseSupervisor, runningSupervisor } from '../state/records.ts'
import { connectControl } from '../supervise/control-client.ts'
import { endLeftovers } from '../supervise/leftovers.ts'

export interface StopOptions {
  /** Also delete the state folder, with every session and every secret in it. Default is `false`. */
  purge?: boolean
}

export interface StopReport {
  /** Names of the processes that ran. */
  ended: string[]
  /** How they ended: by their supervisor, by the record of a dead one, or there were none. */
  by: 'supervisor' | 'record' | 'nobody'
  purged: boolean
}

const POLL_INTERVAL_MS = 20
const SUPERVISOR_EXIT_MS = 2000
/** How long a supervisor that does not answer may take to stop by itself, with its processes (in milliseconds). */
const SUPERVISOR_GRACE_MS = 5000

/**
 * Stops the data centre of this state folder through its supervisor or, if that is dead or hung, by the processes that it
 * has recorded. It is not an error if none runs.
 *
 * Throws `NOT_RUNNING` when there is no such state folder, `STATE_UNUSABLE` when Holdfast did not create it.
 */
export async function stopDataCentre(stateDir: string, options: StopOptions = {}): Promise<StopReport> {
  const folder = new StateFolder(stateDir)
  if (!(await folder.isHoldfasts()) && runningSupervisor(folder) === null) {
    throw new ClusterError(
      'NOT_RUNNING',
      `There is no data centre in ${folder.path}. Select another one with \`--name\` or \`--state-dir\`.`,
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
      // A short request first, to detect a hung supervisor: a stop may take long.
      await control.status()
      await control.stop()
      await endOfSupervision(folder)
      return 'supervisor'
    } catch {
      // The supervisor is hung, or has just started or died. It must not restart processes while they are ended here.
      if (supervisor.pid !== process.pid) await endSupervisor(supervisor)
    }
  }
  const left = await endLeftovers(folder)
  releaseSupervisor(folder)
  // A remaining socket is harmless: the next start replaces it.
  await rm(folder.controlSocket, { force: true }).catch(() => {})
  return someRun || left.length > 0 || supervisor !== null ? 'record' : 'nobody'
}

/** By SIGTERM first, so that it stops its processes itself. */
async function endSupervisor(supervisor: ProcessIdentity): Promise<void> {
  signalProcess(supervisor, 'SIGTERM')
  const untilMs = performance.now() + SUPERVISOR_GRACE_MS
  while (isAlive(supervisor)) {
    if (performance.now() > untilMs) signalProcess(supervisor, 'SIGKILL')
    await sleep(POLL_INTERVAL_MS)
  }
}

/** The supervisor has answered that every process has ended; it deletes its own files a moment later. */
async function endOfSupervision(folder: StateFolder): Promise<void> {
  const untilMs = performance.now() + SUPERVISOR_EXIT_MS
  while (runningSupervisor(folder) !== null && performance.now() < untilMs) await sleep(POLL_INTERVAL_MS)
}
