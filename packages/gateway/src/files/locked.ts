import { randomBytes } from 'node:crypto'
import { type FileHandle, lstat, open, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { FileUnusableError } from '../base/errors.ts'
import { fileError } from './private.ts'

/** How long a change waits for a change by another process (in milliseconds). */
const LOCK_TIMEOUT_MS = 5000

/**
 * Runs `change` while no other process changes the same file, by the lock file `<file>.lock`. Throws `FILE_UNUSABLE` when
 * the lock is still held after five seconds. A lock that a killed process left is never broken automatically: two
 * processes that both broke it could overwrite each other's change.
 */
export async function withFileLock<T>(file: string, label: string, change: () => Promise<T>): Promise<T> {
  const lock = `${file}.lock`
  const deadline = Date.now() + LOCK_TIMEOUT_MS
  while (!(await tryLock(lock, label))) {
    if (Date.now() > deadline) throw await lockedError(lock, label)
    await sleep(5 + Math.random() * 20)
  }
  try {
    return await change()
  } finally {
    await rm(lock, { force: true })
  }
}

async function tryLock(lock: string, label: string): Promise<boolean> {
  try {
    await using handle = await open(lock, 'wx', 0o600)
    await handle.writeFile(`${process.pid}\n`)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw fileError(error, lock, `lock of the ${label}`)
  }
}

async function lockedError(lock: string, label: string): Promise<FileUnusableError> {
  const holder = await readFile(lock, 'utf8').then(
    (text) => `process ${text.trim()}`,
    () => 'another process',
  )
  return new FileUnusableError(
    `The ${label} is being changed by ${holder} (lock file ${lock}). Try again; if that process no longer runs, delete the lock file.`,
  )
}

/**
 * Replaces a file's text atomically: a reader, or a machine that loses power, sees the old text or the new text. The file
 * gets mode 0600; when root replaces it, it keeps its owner and group. Throws `FILE_UNUSABLE`.
 */
export async function replacePrivateFile(file: string, label: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`
  try {
    {
      await using handle = await open(draft, 'wx', 0o600)
      if (process.getuid?.() === 0) await keepReaders(handle, file)
      await handle.writeFile(text)
      await handle.sync()
    }
    await rename(draft, file)
    await using folder = await open(path.dirname(file))
    await folder.sync()
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {})
    throw fileError(error, file, label)
  }
}

/** Keeps the file readable for its service when root replaces it: the owner stays, and root's files stay 0640. */
async function keepReaders(draft: FileHandle, file: string): Promise<void> {
  const old = await lstat(file).catch(() => null)
  if (!old?.isFile()) return
  await draft.chown(old.uid, old.gid)
  if (old.uid === 0 && (old.mode & 0o777) === 0o640) await draft.chmod(0o640)
}
