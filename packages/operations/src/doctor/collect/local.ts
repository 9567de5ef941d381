import { access, constants, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { askReadyz } from '@holdfast/local/lifecycle/readyz'
import { urlOf } from '@holdfast/local/state/description'
import type { StateFolder } from '@holdfast/local/state/folder'
import { runningOperation } from '@holdfast/local/state/lock'
import type { LocalDataCentre } from '@holdfast/local/state/open'
import { runningSupervisor } from '@holdfast/local/state/records'
import { connectControl } from '@holdfast/local/supervise/control-client'
import { ACL_FILE, CONFIG_FILES } from '@holdfast/local/supervise/plans'
import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import { textOf } from '../../undo/undo.ts'
import { readUndoJournal } from '../../undo/undo-journal.ts'
import type { DrillSnapshot, FileSnapshot, HttpSnapshot, Snapshot } from '../snapshot.ts'

/** The part of a snapshot that only the machine of a local data centre can see. */
export type LocalPart = Pick<Snapshot, 'supervisor' | 'processes' | 'http' | 'files' | 'drill'>

/** The processes and files of other machines cannot be read. */
export const NOT_LOCAL: LocalPart = {
  supervisor: 'none',
  processes: [],
  http: [],
  files: [],
  drill: null,
}

/** Collects what this machine knows of its data centre. Throws `REMAINS_UNREADABLE`. */
export async function collectLocal(local: LocalDataCentre, timeoutMs: number): Promise<LocalPart> {
  const { plan, folder } = local
  const gateways = plan.addresses.gateways.map((address, index) => ({
    name: `gateway-${index + 1}`,
    address,
  }))
  const web = [...gateways, { name: 'balancer', address: plan.addresses.balancer }]
  const [control, http, files, drill] = await Promise.all([
    connectControl(folder.path)
      .status()
      .catch(() => null),
    Promise.all(web.map(({ name, address }) => collectHttp(name, address, timeoutMs))),
    collectFiles(local),
    collectDrill(folder),
  ])
  return {
    supervisor: control !== null ? 'running' : runningSupervisor(folder) !== null ? 'hung' : 'gone',
    processes: control?.processes ?? [],
    http,
    files,
    drill,
  }
}

/** Asks a gateway, or the balancer in front of the gateways, whether it is ready. */
async function collectHttp(name: string, address: NodeAddress, timeoutMs: number): Promise<HttpSnapshot> {
  const server = { name, at: formatAddress(address) }
  try {
    const { status } = await askReadyz(urlOf(address), AbortSignal.timeout(timeoutMs))
    return { ...server, problem: status === 200 ? null : `It answers /readyz with ${status}.` }
  } catch (error) {
    const isSilent = error instanceof Error && error.name === 'TimeoutError'
    return {
      ...server,
      problem: isSilent ? `It did not answer /readyz within ${timeoutMs} ms.` : 'No process listens there.',
    }
  }
}

/** The files and folders of a state folder that hold secrets, or that a process rewrites. */
async function collectFiles({ folder, plan }: LocalDataCentre): Promise<FileSnapshot[]> {
  const paths: [path: string, rewrittenBy: string | null][] = [
    [folder.path, null],
    ...[folder.secretsFile, folder.descriptionFile, folder.usersFile, folder.rotationFile].map(
      (path) => [path, null] as [string, null],
    ),
  ]
  for (const index of plan.addresses.dataHosts.keys()) {
    const [redis, sentinel] = [`redis-${index + 1}`, `sentinel-${index + 1}`]
    paths.push([folder.of(redis), redis], [folder.of(sentinel), sentinel], [folder.dataOf(redis), redis])
    for (const file of [CONFIG_FILES.redis, ACL_FILE]) paths.push([join(folder.of(redis), file), redis])
    paths.push([join(folder.of(sentinel), CONFIG_FILES.sentinel), sentinel])
  }
  for (const index of plan.addresses.gateways.keys()) {
    const gateway = folder.of(`gateway-${index + 1}`)
    paths.push([gateway, null], [join(gateway, CONFIG_FILES.gateway), null])
  }
  const files = await Promise.all(paths.map(([path, rewrittenBy]) => readMode(path, rewrittenBy)))
  return files.filter((file) => file !== null)
}

/** Null if the file does not exist: no check reports that. */
async function readMode(path: string, rewrittenBy: string | null): Promise<FileSnapshot | null> {
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
      // Root may write where the mode forbids it, but the processes may run as another user later.
      writable: mayWrite && (found.mode & 0o200) !== 0,
    }
  } catch {
    return null
  }
}

async function collectDrill(folder: StateFolder): Promise<DrillSnapshot | null> {
  // Reads the lock first: a drill that ends in between deletes its undo file.
  const running = await runningOperation(folder.operationFile)
  const remains = await readUndoJournal(folder)
  if (remains === null) return null
  const { fault, undo } = remains
  return { fault, undo: undo.map(textOf), isUnderWay: running?.operation === 'drill' }
}
