import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { holderOf, releaseLock, tryLock } from '@holdfast/files/file-lock'
import { isAlive, type ProcessIdentity } from '@holdfast/files/process-identity'
import { ClusterError } from '@holdfast/site/errors'
import { z } from 'zod'
import type { StateFolder } from './folder.ts'

export const PROCESS_KINDS = ['balancer', 'gateway', 'proxy', 'sentinel', 'redis', 'stunnel'] as const

export type ProcessKind = (typeof PROCESS_KINDS)[number]

/** The record on disk of a process that a supervisor has started. */
export interface RecordedProcess extends ProcessIdentity {
  name: string
  kind: ProcessKind
  host: string
  port: number
  /** The supervisor that started the process. Absent in the record of an older version. */
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

/** The processes in the record of the folder's last supervisor. */
export function readProcesses(folder: StateFolder): RecordedProcess[] {
  return processesSchema.safeParse(readJson(folder.processesFile)).data ?? []
}

/** Records the processes synchronously: a process missing from the record could be left behind. */
export function writeProcesses(folder: StateFolder, processes: RecordedProcess[]): void {
  const draft = `${folder.processesFile}.tmp`
  writeFileSync(draft, `${JSON.stringify(processes, null, 2)}\n`, { mode: 0o600 })
  renameSync(draft, folder.processesFile)
}

/** A container that was replaced by a new one leaves its lock: then no supervisor runs. */
const LOCK = { purpose: 'supervisor', foreignLockMs: 0 }

/** The running supervisor of this folder, or null. If its own file is missing, the record of its processes identifies it. */
export const runningSupervisor = (folder: StateFolder): ProcessIdentity | null =>
  holderOf(folder.supervisorFile, LOCK) ??
  readProcesses(folder).find(({ supervisor }) => supervisor !== undefined && isAlive(supervisor))
    ?.supervisor ??
  null

/** Makes this process the only supervisor of the folder. Throws `ALREADY_RUNNING`. INV-LOCAL-7. */
export function claimSupervisor(folder: StateFolder): void {
  const running = runningSupervisor(folder) ?? tryLock(folder.supervisorFile, LOCK).holder
  if (running === null) return
  throw new ClusterError(
    'ALREADY_RUNNING',
    `A data centre is already running with the state folder ${folder.path} (supervisor: process ${running.pid}). Stop it with \`holdfast down\`, or choose another \`--name\`.`,
  )
}

export const releaseSupervisor = (folder: StateFolder): void => releaseLock(folder.supervisorFile, LOCK)

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}
