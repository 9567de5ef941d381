import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import os from 'node:os'
import { promisify } from 'node:util'

/** The machine of the measurement, and the versions of the software. */
export interface Machine {
  cpu: string
  cores: number
  memoryGib: number
  system: string
  /** Load averages of 1, 5 and 15 minutes before the benchmark began. */
  load: string
  versions: Record<string, string>
}

const PACKAGES = [
  '@redis/client',
  'autocannon',
  'connect-redis',
  'express',
  'express-session',
  'ioredis',
  'jose',
  'redis',
]

export async function describeMachine(): Promise<Machine> {
  const cpus = os.cpus()
  const packages = await Promise.all(PACKAGES.map(async (name) => [name, await versionOf(name)] as const))
  return {
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    memoryGib: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    load: os
      .loadavg()
      .map((load) => load.toFixed(2))
      .join(', '),
    versions: {
      holdfast: await commit(),
      Node: process.versions.node,
      Redis: /v=(\S+)/.exec(await output('redis-server', ['--version']))?.[1] ?? 'unknown',
      ...Object.fromEntries(packages),
    },
  }
}

async function versionOf(name: string): Promise<string> {
  const file = findPackageJSON(name, import.meta.url)
  if (file === undefined) return 'unknown'
  return String((JSON.parse(await readFile(file, 'utf8')) as { version?: unknown }).version)
}

/** The commit of the working tree, followed by a plus if the tree has changes since. */
async function commit(): Promise<string> {
  try {
    const id = await output('git', ['rev-parse', '--short', 'HEAD'])
    const changes = await output('git', ['status', '--porcelain', '--', ':/packages'])
    return id.trim() + (changes === '' ? '' : '+')
  } catch {
    return 'unknown'
  }
}

async function output(command: string, args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { cwd: import.meta.dirname, timeout: 10_000 })
  return stdout
}
