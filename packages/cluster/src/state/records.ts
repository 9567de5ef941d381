import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { ClusterError } from '../errors.ts'
import { claim, holderOf, release } from './claim.ts'
import type { StateFolder } from './folder.ts'
import { isAlive, type ProcessIdentity } from './process-identity.ts'

export const PROCESS_KINDS = ['balancer', 'gateway', 'sentinel', 'redis', 'stunnel'] as const

export type ProcessKind = (typeof PROCESS_KINDS)[number]

/** A process that a supervisor has started, as it is remembered on disk. */
export interface RecordedProcess extends ProcessIdentity {
  name: string
  kind: ProcessKind
  host: string
  port: number
  /** Who started it, and starts it again. Absent in the record of an older version. */
  supervisor?: ProcessIdentity
}

const identity = { pid: z.int().positive(), started: z.string() }
const processesSchema = z.array(
  z.object({
    ...identity,
    name: z.string(),
    kind: z.enum(PROCESS_KINDS),
    host: z.string(),
    port: z.int(),
    supervisor: z.object(identity).exactOptional(),
  }),
)

/** The processes that the last supervisor of this folder has left in its record. */
export function readProcesses(folder: StateFolder): RecordedProcess[] {
  return processesSchema.safeParse(readJson(folder.processesFile)).data ?? []
}

/** Written at once, before anything else happens: what is not in the record could be left behind. */
export function writeProcesses(folder: StateFolder, processes: RecordedProcess[]): void {
  const draft = `${folder.processesFile}.tmp`
  writeFileSync(draft, `${JSON.stringify(processes, null, 2)}\n`, { mode: 0o600 })
  renameSync(draft, folder.processesFile)
}

/** The supervisor that runs with this folder, or null. Found by its processes, too, should its own file be missing. */
export const runningSupervisor = (folder: StateFolder): ProcessIdentity | null =>
  holderOf(folder.supervisorFile) ??
  readProcesses(folder).find(({ supervisor }) => supervisor !== undefined && isAlive(supervisor))
    ?.supervisor ??
  null

/**
 * Makes this process the folder's only supervisor.
 *
 * Throws `ALREADY_RUNNING`.
 */
export function claimSupervisor(folder: StateFolder): void {
  const running = runningSupervisor(folder)
  if (running === null && claim(folder.supervisorFile)) return
  const pid = (running ?? runningSupervisor(folder))?.pid
  throw new ClusterError(
    'ALREADY_RUNNING',
    `A data centre runs already with the state folder ${folder.path}${pid ? ` (supervisor: process ${pid})` : ''}. Stop it with \`holdfast down\`, or choose another \`--name\`.`,
  )
}

export const releaseSupervisor = (folder: StateFolder): void => release(folder.supervisorFile)

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}
