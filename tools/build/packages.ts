import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '..', '..')

/** A package that is published. */
export interface Published {
  name: string
  /** Its folder in the repository. */
  folder: string
  /** The modules that are entries, by the name of the built file. */
  entries: Record<string, string>
  /** The modules that run as processes of their own: the name of the built file by that of the module. */
  processes?: Record<string, string>
}

export interface Manifest {
  name: string
  version: string
  description?: string
  license: string
  exports?: Record<string, string>
  bin?: Record<string, string>
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  peerDependenciesMeta?: Record<string, { optional: boolean }>
}

export const readManifest = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest

/** The two published packages. The library has one entry for each of its subpaths. */
export async function publishedPackages(): Promise<{ tokens: Published; holdfast: Published }> {
  const { name, exports = {} } = await readManifest('packages/tokens')
  const entries = Object.entries(exports).map(([subpath, file]) => [
    entryOf(subpath),
    join('packages/tokens', file),
  ])
  return {
    tokens: { name, folder: 'packages/tokens', entries: Object.fromEntries(entries) },
    holdfast: {
      name: 'holdfast',
      folder: 'packages/cli',
      entries: { main: 'packages/cli/src/main.ts', 'gateway-worker': 'packages/gateway/src/worker.ts' },
      processes: { main: 'main', worker: 'gateway-worker' },
    },
  }
}

/** `.` is `index`, `./express` is `express`. */
export const entryOf = (subpath: string): string => (subpath === '.' ? 'index' : subpath.slice(2))
