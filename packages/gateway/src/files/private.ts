import type { Stats } from 'node:fs'
import { open, readFile, realpath } from 'node:fs/promises'
import { FileUnusableError } from '../base/errors.ts'
import { isMountedSecret, readProc } from './mounts.ts'
import { replaceableBecause } from './replaceable.ts'

/**
 * Reads a text file that holds secrets. `label` names the kind of file in messages, such as "configuration file".
 * Throws `FILE_UNUSABLE` when it is missing, unreadable, accessible to the group or to others, or when another user could
 * replace it. A file of root may be readable by all where Docker, Kubernetes or systemd mounted it as a secret.
 */
export function readPrivateFile(file: string, label: string): Promise<string> {
  return readGuarded(file, label, () => 0o077)
}

/**
 * Reads a secret that root provides to the services of a host, such as a private key or a gateway's configuration: its
 * group may read a file that belongs to root. Otherwise it throws like {@link readPrivateFile}.
 */
export function readServiceFile(file: string, label: string): Promise<string> {
  return readGuarded(file, label, ({ uid }) => (uid === 0 ? 0o037 : 0o077))
}

/** Reads a secret from a file of one line. Throws like {@link readServiceFile}, and when the file has another form. */
export async function readSecretLine(file: string, label: string): Promise<string> {
  const secret = (await readServiceFile(file, label)).replace(/\r?\n$/, '')
  if (secret !== '' && !/[\r\n]/.test(secret)) return secret
  throw new FileUnusableError(
    `The ${label} must be the only line of ${file}; remove everything else from that file.`,
  )
}

/** `forbidden` returns the mode bits that the file must not have. */
async function readGuarded(
  file: string,
  label: string,
  forbidden: (stats: Stats) => number,
): Promise<string> {
  try {
    // One descriptor for both, so that the checked file is the one that is read.
    await using handle = await open(file)
    const stats = await handle.stat()
    const bits = forbidden(stats)
    if ((stats.mode & bits) !== 0 && !(await isMountedByRoot(file, stats))) {
      const shown = (stats.mode & 0o777).toString(8).padStart(4, '0')
      const allowed = (0o640 & ~bits).toString(8)
      throw new FileUnusableError(
        `The ${label} ${file} is accessible to other users of this machine (mode ${shown}); run \`chmod ${allowed} ${file}\`.`,
      )
    }
    refuseForeign(file, label, stats)
    const problem = await replaceableBecause(file, stats)
    if (problem !== null) throw new FileUnusableError(`The folder of the ${label} ${file} ${problem}`)
    return await handle.readFile('utf8')
  } catch (error) {
    throw error instanceof FileUnusableError ? error : fileError(error, file, label)
  }
}

function refuseForeign(file: string, label: string, { uid }: Stats): void {
  const own = process.geteuid?.() ?? uid
  if (uid === 0 || uid === own || own === 0) return
  throw new FileUnusableError(
    `The ${label} ${file} belongs to another user of this machine (uid ${uid}); run \`chown ${own} ${file}\` as root.`,
  )
}

/** A file of root that only root could write, and that an engine mounted for this process. */
async function isMountedByRoot(file: string, { uid, mode }: Stats): Promise<boolean> {
  if (uid !== 0 || (mode & 0o022) !== 0) return false
  const target = await realpath(file).catch(() => null)
  return target !== null && isMountedSecret(target, await readProc('mountinfo'))
}

/** Reads a text file that holds no secret. Throws `FILE_UNUSABLE` when it is missing or unreadable. */
export async function readPublicFile(file: string, label: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw fileError(error, file, label)
  }
}

/** Turns a file error of the operating system into a sentence. */
export function fileError(error: unknown, file: string, label: string): FileUnusableError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
  return new FileUnusableError(`The ${label} ${file} ${REASONS[code] ?? `cannot be used: ${code}.`}`, {
    cause: error,
  })
}

const REASONS: Record<string, string> = {
  ENOENT: 'does not exist; check the path or create it.',
  ENOTDIR: 'cannot exist, because a part of its path is a file, not a folder; check the path.',
  EISDIR: 'is a folder; give the path of a file.',
  EACCES: 'cannot be used: permission denied; it must belong to the user that runs this process.',
  EPERM: 'cannot be used: permission denied; it must belong to the user that runs this process.',
  EROFS: 'cannot be written: the file system is read-only.',
  ENOSPC: 'cannot be written: the disk is full.',
}
