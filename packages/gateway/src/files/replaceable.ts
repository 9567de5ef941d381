import type { Stats } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { isMountPoint, readProc } from './mounts.ts'

const OTHERS_WRITE = 0o002
const GROUP_WRITES = 0o020
/** In a sticky folder such as /tmp only the owner of a file, or of the folder, can replace it. */
const STICKY = 0o1000

/**
 * Why another user could put another file in the place of this one: the end of a sentence about its folder, with the
 * remedy. Null: only root, the file's owner and this process's user could.
 */
export async function replaceableBecause(file: string, fileStats: Stats): Promise<string | null> {
  const target = await realpath(file).catch(() => null)
  // A pipe of the shell, such as `<(pass show key)`, is in no folder.
  if (target === null) return null
  // A link and its target may be in different folders, as in a volume of Kubernetes.
  const folders = await Promise.all(
    [dirname(resolve(file)), dirname(target)].map((folder) => realpath(folder)),
  )
  for (const folder of new Set(folders)) {
    const stats = await stat(folder)
    if (await isOpen(folder, stats, fileStats))
      return `is writable by other users, who could replace the file; run \`chmod ${(stats.mode & OTHERS_WRITE) === 0 ? 'g-w' : 'go-w'} ${folder}\`.`
    if (await isForeign(stats, fileStats))
      return `belongs to another user (uid ${stats.uid}), who could replace the file; run \`chown ${fileStats.uid} ${folder}\` as root.`
  }
  return null
}

async function isOpen(folder: string, { mode, gid }: Stats, file: Stats): Promise<boolean> {
  if ((mode & STICKY) !== 0) return false
  // With a umask of 002, which many distributions set, the folders of users are writable by their private groups. Root
  // also reads files of services, whose group it is then.
  const isTrustedGroup = gid === 0 || gid === process.getegid?.() || (file.uid !== 0 && gid === file.gid)
  const isWritable = (mode & OTHERS_WRITE) !== 0 || ((mode & GROUP_WRITES) !== 0 && !isTrustedGroup)
  return isWritable && !isMountPoint(folder, await readProc('mountinfo'))
}

async function isForeign({ uid }: Stats, file: Stats): Promise<boolean> {
  if (uid === 0 || uid === file.uid || uid === (process.geteuid?.() ?? uid)) return false
  return !isUnmapped(uid, await readProc('uid_map'))
}

/** The owner of files of users that a container without root does not have: root of the host, or its administrator. */
const OVERFLOW_UID = 65_534

/** `uid_map` has one line, for all users, unless this process is in such a container (user_namespaces(7)). */
export const isUnmapped = (uid: number, uidMap: string): boolean =>
  uid === OVERFLOW_UID && uidMap.trim() !== '' && !/^\s*0\s+0\s+4294967295\s*$/.test(uidMap)
