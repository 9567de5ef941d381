import { type FileHandle, lstat } from 'node:fs/promises'
import { lockWithin } from '@holdfast/files/file-lock'
import type { LockHolder } from '@holdfast/files/lock-holder'
import { replaceFile, targetOf } from '@holdfast/files/replace-file'
import { FileUnusableError } from '../base/errors.ts'
import { fileError } from './private.ts'

/** How long a change waits for a change by another process (in milliseconds). */
const LOCK_TIMEOUT_MS = 5000
/** A change takes less than a second. A lock that another container or machine left is taken over after a minute. */
const FOREIGN_LOCK_MS = 60_000

/**
 * Runs `change` while no other process changes the same file, by the lock file `<file>.lock` beside the file itself, also
 * when `file` is a symbolic link. Throws `FILE_UNUSABLE` when the lock is still held after five seconds.
 */
export async function withFileLock<T>(file: string, label: string, change: () => Promise<T>): Promise<T> {
  const lockFile = `${await targetOf(file).catch((error: unknown) => {
    throw fileError(error, file, label)
  })}.lock`
  const { lock, holder } = await lockWithin(lockFile, LOCK_TIMEOUT_MS, {
    purpose: `changing the ${label}`,
    foreignLockMs: FOREIGN_LOCK_MS,
  }).catch((error: unknown) => {
    throw fileError(error, lockFile, `lock of the ${label}`)
  })
  if (lock === null) throw lockedError(lockFile, label, holder)
  try {
    return await change()
  } finally {
    lock.release()
  }
}

const lockedError = (lockFile: string, label: string, { pid, host, since }: LockHolder) =>
  new FileUnusableError(
    `The ${label} is being changed by process ${pid} on ${host}, since ${since} (lock file ${lockFile}). ` +
      'Nothing was changed. Try again when that process has ended; its lock ends with it.',
  )

/**
 * Replaces a file's text atomically: a reader, or a machine that loses power, sees the old text or the new text. The file
 * gets mode 0600; when root replaces it, it keeps its owner and group. Throws `FILE_UNUSABLE`.
 */
export async function replacePrivateFile(file: string, label: string, text: string): Promise<void> {
  try {
    await replaceFile(file, text, 0o600, async (draft, target) => {
      if (process.getuid?.() === 0) await keepReaders(draft, target)
    })
  } catch (error) {
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
