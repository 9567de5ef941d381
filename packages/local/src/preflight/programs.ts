import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { ClusterError } from '@holdfast/site/errors'
import { ENGINES } from '@holdfast/site/file/choices'
import type { Engine, EngineVersion } from '@holdfast/site/file/site'

/** Folders of system programs that a user's PATH may lack (Debian's haproxy is in /usr/sbin). */
const EXTRA_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin']

/** The Debian packages whose names differ from their programs. */
const PACKAGES: Readonly<Record<string, string>> = { stunnel: 'stunnel4' }

/** Finds the path of a program. Throws `MISSING_PROGRAM`. */
export function findProgram(name: string, searchPath = process.env['PATH'] ?? ''): string {
  for (const folder of [...searchPath.split(delimiter).filter(Boolean), ...EXTRA_FOLDERS]) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // The program is not in this folder.
    }
  }
  throw new ClusterError(
    'MISSING_PROGRAM',
    `\`${name}\` is not installed, or not on the PATH. Install it, on Debian with \`apt-get install ${PACKAGES[name] ?? name}\`.`,
  )
}

export interface InstalledEngine {
  name: Engine['name']
  /** Such as `7.0.15`. */
  version: string
  /** The path of its server. */
  program: string
}

/** The engine that is installed, Redis if both are. Null if neither is. */
export async function installedEngine(): Promise<InstalledEngine | null> {
  for (const name of ['redis', 'valkey'] as const) {
    const version = await installedVersion({ name }).catch(() => null)
    if (version !== null) return { name, version, program: findProgram(`${name}-server`) }
  }
  return null
}

/** The installed version of an engine, such as `7.0.15`. Throws `MISSING_PROGRAM`. */
export async function installedVersion({ name }: Pick<Engine, 'name'>): Promise<string> {
  const program = findProgram(`${name}-server`)
  const { stdout } = await promisify(execFile)(program, ['--version'], { timeout: 5000 })
  return /\bv=(\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? ''
}

/** The newest supported engine version that is not newer than the installed one, which has the same directives. Pure. */
export function engineOf(name: Engine['name'], installed: string): Engine {
  const versions = ENGINES.filter((engine) => engine.startsWith(`${name} `)).map(
    (engine) => engine.split(' ')[1] as EngineVersion,
  )
  const [oldest = '7.0'] = versions
  return {
    name,
    version: versions.findLast((version) => Number(version) <= Number.parseFloat(installed)) ?? oldest,
  }
}
