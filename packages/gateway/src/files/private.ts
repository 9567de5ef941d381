import type { Stats } from 'node:fs'
import { open, readFile, realpath, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { FileUnusableError } from '../base/errors.ts'
import { isMountedReadOnly } from './mounts.ts'

/**
 * Reads a text file that holds secrets. `label` names the kind of file in messages, such as "configuration file".
 * Throws `FILE_UNUSABLE` when it is missing, unreadable, accessible to the group or to others, or when another user could
 * replace it. A file of root on a read-only mount of its own may be readable by all, as Docker and Kubernetes mount secrets.
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
    if ((stats.mode & bits) !== 0 && !(await isMountedSecret(file, stats))) {
      const shown = (stats.mode & 0o777).toString(8).padStart(4, '0')
      const allowed = (0o640 & ~bits).toString(8)
      throw new FileUnusableError(
        `The ${label} ${file} is accessible to other users of this machine (mode ${shown}); run \`chmod ${allowed} ${file}\`.`,
      )
    }
    await refuseReplaceable(file, label, stats)
    return await handle.readFile('utf8')
  } catch (error) {
    throw error instanceof FileUnusableError ? error : fileError(error, file, label)
  }
}

/** A secret of Docker or Kubernetes: a file of root that no user can write, on a read-only mount of its own. */
async function isMountedSecret(file: string, { uid, mode }: Stats): Promise<boolean> {
  if (uid !== 0 || (mode & 0o222) !== 0) return false
  try {
    return isMountedReadOnly(await realpath(file), await readFile('/proc/self/mountinfo', 'utf8'))
  } catch {
    // Without Linux's list of mounts the mode decides.
    return false
  }
}

/** Throws if another user than root, the file's owner and this process's user could put another file in its place. */
async function refuseReplaceable(file: string, label: string, { uid }: Stats): Promise<void> {
  const own = process.geteuid?.() ?? uid
  if (uid !== 0 && uid !== own && own !== 0) {
    throw new FileUnusableError(
      `The ${label} ${file} belongs to another user of this machine (uid ${uid}); run \`chown ${own} ${file}\` as root.`,
    )
  }
  // A link and its target may be in different folders, as in a volume of Kubernetes.
  for (const folder of new Set([dirname(resolve(file)), dirname(await realpath(file))])) {
    const { mode, uid: folderOwner } = await stat(folder)
    // In a sticky folder such as /tmp only the owner of a file can replace it.
    const isOpen = (mode & 0o022) !== 0 && (mode & 0o1000) === 0
    const isForeign = folderOwner !== 0 && folderOwner !== own && folderOwner !== uid
    if (!isOpen && !isForeign) continue
    const problem = isOpen ? 'is writable by other users' : `belongs to another user (uid ${folderOwner})`
    const remedy = isOpen ? `chmod go-w ${folder}` : `chown ${uid} ${folder}`
    throw new FileUnusableError(
      `The folder of the ${label} ${file} ${problem}, who could replace the file; run \`${remedy}\`.`,
    )
  }
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
