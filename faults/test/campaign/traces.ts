import { readdir, readFile, readlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'

/** A process. Its start time distinguishes it from a later process with the same id. */
interface ProcessTrace {
  pid: number
  startTime: string
  network: string
}

/**
 * The traces of a campaign on this machine: its processes in other network namespaces, and its folder. The namespaces
 * have no names outside, so they end with their last process.
 */
export interface Traces {
  processes: ProcessTrace[]
  folders: string[]
}

async function readProcesses(): Promise<(ProcessTrace & { parent: number })[]> {
  const found: (ProcessTrace & { parent: number })[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const network = await readlink(`/proc/${name}/ns/net`).catch(() => '')
    if (fields[0] === 'Z' || network === '') continue
    found.push({ pid: Number(name), parent: Number(fields[1]), startTime: fields[19] ?? '', network })
  }
  return found
}

/** The traces of the process `root` and of all its descendants. */
export async function tracesOf(root: number): Promise<Traces> {
  const all = await readProcesses()
  const family = new Set([root])
  for (let grown = true; grown; ) {
    const children = all.filter(({ pid, parent }) => family.has(parent) && !family.has(pid))
    for (const { pid } of children) family.add(pid)
    grown = children.length > 0
  }
  const own = all.find(({ pid }) => pid === process.pid)?.network
  return {
    processes: all.filter(({ pid, network }) => family.has(pid) && pid !== root && network !== own),
    folders: await foldersOf(root),
  }
}

/** Describes the traces that still exist. */
export async function remaining(traces: Traces, root: number): Promise<string[]> {
  const now = await readProcesses()
  const alive = traces.processes.filter(({ pid, startTime }) =>
    now.some((other) => other.pid === pid && other.startTime === startTime),
  )
  return alive.map(({ pid }) => `process ${pid}`).concat(await foldersOf(root))
}

async function foldersOf(root: number): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith(`holdfast-faults-${root}-`))
}

/** The names of network namespaces and the mounts that every process sees. */
export async function sharedState(): Promise<string[]> {
  const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n')
  return [...(await readdir('/run/netns').catch(() => [])), ...mounts]
}
