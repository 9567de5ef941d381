import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  constants,
  copyFileSync,
  linkSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fateOf, type LockHolder, ownHolder, readHolder } from './lock-holder.ts'

/** A lock that this process holds. */
interface FileLock {
  release(): void
}

export type LockAttempt = { lock: FileLock; holder: null } | { lock: null; holder: LockHolder }

export interface LockOptions {
  /** What the process does while it holds the lock, for messages of other processes. */
  purpose: string
  /**
   * A lock of a container or machine whose processes cannot be seen from here counts as left behind after this time (in
   * milliseconds). It must be longer than the work under the lock, or 0 if the lock holds among visible processes only.
   */
  foreignLockMs: number
}

/** A damaged file that a killed process left beside the lock is deleted after this time (in milliseconds). */
const LEFTOVER_MS = 60_000
/** A process may be writing a lock file that looks damaged. It needs less than this time (in milliseconds). */
const WRITING_MS = 1000
/** Between two attempts to take a lock, in milliseconds; a random part is added. */
const RETRY_INTERVAL_MS = 5

/**
 * Takes the lock `file`, or answers the process that holds it. The lock ends with its process: the lock of a killed process,
 * and a damaged lock file, are taken over, by one process only. Throws errors of the file system; then no lock remains.
 * INV-FILES-1, INV-FILES-2.
 */
export function tryLock(file: string, options: LockOptions): LockAttempt {
  // Most waiting processes end here, without a draft.
  const busy = holderOf(file, options)
  if (busy !== null) return { lock: null, holder: busy }
  const own = ownHolder(randomUUID(), options.purpose)
  const draft = `${file}.${own.id}.tmp`
  try {
    for (;;) {
      // A link appears with its content or not at all, so that no process reads a half-written lock.
      writeFileSync(draft, JSON.stringify(own))
      // Regardless of the umask: every process that may take the lock must be able to read which process has it.
      chmodSync(draft, 0o644)
      if (link(draft, file)) return acquired(file, own)
      const holder = readHolder(file)
      // Null: it was released meanwhile.
      if (holder === null) continue
      if (isDamaged(holder) && Math.abs(ageMs(file)) < WRITING_MS) {
        pause(RETRY_INTERVAL_MS)
        continue
      }
      if (!isLeftBehind(file, holder, options)) return { lock: null, holder }
      const heir = takeOver(file, holder, draft, options)
      if (heir === 'this process') return acquired(file, own)
      if (heir !== null) return { lock: null, holder: heir }
    }
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Takes the lock as {@link tryLock}, and tries again for `timeoutMs` while another process holds it. */
export async function lockWithin(
  file: string,
  timeoutMs: number,
  options: LockOptions,
): Promise<LockAttempt> {
  const untilMs = performance.now() + timeoutMs
  for (;;) {
    const attempt = tryLock(file, options)
    if (attempt.lock !== null || performance.now() > untilMs) return attempt
    await sleep(RETRY_INTERVAL_MS * (1 + 4 * Math.random()))
  }
}

/** The process that holds the lock, or null. The lock of a killed process counts as free. */
export function holderOf(file: string, options: Pick<LockOptions, 'foreignLockMs'>): LockHolder | null {
  const holder = readHolder(file)
  return holder === null || isLeftBehind(file, holder, options) ? null : holder
}

/** Releases the lock if this process holds it, also by another call, and removes what a killed process left. */
export function releaseLock(file: string, options: LockOptions): void {
  const holder = readHolder(file)
  if (holder === null) return
  if (isOwn(holder)) rmSync(file, { force: true })
  else tryLock(file, options).lock?.release()
}

const isOwn = ({ pid, started, namespace }: LockHolder): boolean => {
  const own = ownHolder('', '')
  return pid === own.pid && started === own.started && namespace === own.namespace
}

/**
 * Replaces the lock of a dead process by the draft. Two processes that both delete and create the file could both succeed.
 * So the right to replace a certain lock is a lock itself, named by the id of the dead lock. No lock gets this id again, so
 * a process that comes late finds another id in the file and gives up. Answers null when the file changed meanwhile.
 */
function takeOver(
  file: string,
  dead: LockHolder,
  draft: string,
  { foreignLockMs }: LockOptions,
): 'this process' | LockHolder | null {
  const right = tryLock(`${file}.${dead.id}`, { purpose: 'taking over a lock', foreignLockMs })
  if (right.lock === null) return right.holder
  try {
    if (readHolder(file)?.id !== dead.id) return null
    renameSync(draft, file)
    return 'this process'
  } finally {
    right.lock.release()
  }
}

function acquired(file: string, own: LockHolder): LockAttempt {
  deleteLeftovers(file)
  const release = () => {
    // A person may have deleted the file, and another process may have taken the lock.
    if (readHolder(file)?.id === own.id) rmSync(file, { force: true })
  }
  return { lock: { release }, holder: null }
}

function isLeftBehind(
  file: string,
  holder: LockHolder,
  { foreignLockMs }: Pick<LockOptions, 'foreignLockMs'>,
): boolean {
  const fate = fateOf(holder)
  // Never below 0: a clock that was set back must not keep a lock whose time is 0.
  return fate === 'ended' || (fate === 'unknown' && Math.max(0, ageMs(file)) >= foreignLockMs)
}

/**
 * Deletes the drafts, and the rights to take over, that killed processes left. This process holds the lock, so no such right
 * is of use any more.
 */
function deleteLeftovers(file: string): void {
  const prefix = `${basename(file)}.`
  try {
    for (const name of readdirSync(dirname(file))) {
      if (!name.startsWith(prefix) || !LEFTOVER.test(name.slice(prefix.length))) continue
      const left = join(dirname(file), name)
      const holder = readHolder(left)
      if (holder === null || fateOf(holder) !== 'ended') continue
      // A living process may be writing a draft that looks damaged.
      if (!isDamaged(holder) || ageMs(left) > LEFTOVER_MS) rmSync(left, { force: true })
    }
  } catch (error) {
    // Another user's leftovers block no process, so they must not refuse the lock either.
    if (!isCode(error, ['EACCES', 'EPERM'])) throw error
  }
}

const LEFTOVER = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}(?:\.|$)|^damaged-\d+(?:\.|$)/

/** The age of a file (in milliseconds); 0 when it does not exist. */
function ageMs(file: string): number {
  const found = statSync(file, { throwIfNoEntry: false })
  return found === undefined ? 0 : Date.now() - found.mtimeMs
}

/** Returns false when `to` exists. */
function link(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (isCode(error, ['EEXIST'])) return false
    // Some file systems have no links (FAT, shares of SMB). A copy can be read half-written: see WRITING_MS.
    if (isCode(error, ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])) return copyUnlessThere(from, to)
    throw error
  }
}

function copyUnlessThere(from: string, to: string): boolean {
  try {
    copyFileSync(from, to, constants.COPYFILE_EXCL)
    return true
  } catch (error) {
    if (isCode(error, ['EEXIST'])) return false
    throw error
  }
}

const isDamaged = ({ pid }: LockHolder): boolean => pid === 0

const isCode = (error: unknown, codes: string[]): boolean =>
  codes.includes((error as NodeJS.ErrnoException).code ?? '')

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
