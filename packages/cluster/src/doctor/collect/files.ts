import { access, constants, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { LocalDataCentre } from '../../state/open.ts'
import { ACL_FILE, CONFIG_FILES } from '../../supervise/plans.ts'
import type { FileSnapshot } from '../snapshot.ts'

/** The files and folders of a state folder that hold secrets, or that a process rewrites. */
export async function collectFiles({ folder, topology }: LocalDataCentre): Promise<FileSnapshot[]> {
  const plans: [path: string, rewrittenBy: string | null][] = [
    [folder.path, null],
    ...[folder.secretsFile, folder.descriptionFile, folder.usersFile, folder.rotationFile].map(
      (path) => [path, null] as [string, null],
    ),
  ]
  for (const index of topology.dataHosts.keys()) {
    const [redis, sentinel] = [`redis-${index + 1}`, `sentinel-${index + 1}`]
    plans.push([folder.of(redis), redis], [folder.of(sentinel), sentinel], [folder.dataOf(redis), redis])
    for (const file of [CONFIG_FILES.redis, ACL_FILE]) plans.push([join(folder.of(redis), file), redis])
    plans.push([join(folder.of(sentinel), CONFIG_FILES.sentinel), sentinel])
  }
  for (const index of topology.gateways.keys()) {
    const gateway = folder.of(`gateway-${index + 1}`)
    plans.push([gateway, null], [join(gateway, CONFIG_FILES.gateway), null])
  }
  const files = await Promise.all(plans.map(([path, rewrittenBy]) => look(path, rewrittenBy)))
  return files.filter((file) => file !== null)
}

/** Null when it is not there, which is another matter. */
async function look(path: string, rewrittenBy: string | null): Promise<FileSnapshot | null> {
  try {
    const found = await stat(path)
    const mayWrite = await access(path, constants.W_OK).then(
      () => true,
      () => false,
    )
    return {
      path,
      isFolder: found.isDirectory(),
      mode: found.mode & 0o777,
      rewrittenBy,
      // Root may write where the bits forbid it, and the processes may run as another user one day.
      writable: mayWrite && (found.mode & 0o200) !== 0,
    }
  } catch {
    return null
  }
}
