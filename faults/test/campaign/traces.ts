import { readdir, readFile, readlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'

/** A process, so that another one with its number is not taken for it. */
interface ProcessTrace {
  pid: number
  startTime: string
  network: string
}

/**
 * What a campaign has made on this machine: processes in other network namespaces than ours, and its folder. The
 * namespaces themselves have no names outside, so they end with the last process in them.
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

/** All that comes from the process `root`. */
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

/** Of those traces, what is still there. */
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

/** Names of network namespaces and mounts that everybody sees. */
export async function sharedState(): Promise<string[]> {
  const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n')
  return [...(await readdir('/run/netns').catch(() => [])), ...mounts]
}
