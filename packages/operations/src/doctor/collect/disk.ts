import { statfs } from 'node:fs/promises'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AnyDataCentre, isSite } from '../../data-centre/open.ts'
import type { DiskSpace } from '../snapshot.ts'

/**
 * The space on the disk of a Redis that runs on this machine; null for a Redis of another machine, and for a folder that
 * cannot be seen, or whose file system does not answer, such as a lost network disk. No command of Redis reports it.
 */
export async function readDisk(
  dataCentre: AnyDataCentre,
  host: string,
  folder: string | undefined,
  timeoutMs: number,
  ask: typeof spaceOf = spaceOf,
): Promise<DiskSpace | null> {
  if (folder === undefined || (isSite(dataCentre) && !isOwnAddress(host))) return null
  try {
    return await Promise.race([ask(folder), sleep(timeoutMs, null, { ref: false })])
  } catch {
    // Redis may run in a container, or this user may not enter the folder.
    return null
  }
}

async function spaceOf(folder: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(folder)
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
}

/** A loopback address may be the end of a tunnel to another machine. */
const isOwnAddress = (host: string): boolean =>
  isIP(host) !== 0 &&
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .some(({ address, internal }) => address === host && !internal)
