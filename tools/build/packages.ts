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

/**
 * The subpaths of the library that are published. The others are for the packages of this repository: the command
 * contains what it needs of them.
 */
const PUBLIC_SUBPATHS = [
  '.',
  './attempts',
  './environment',
  './express',
  './express-request',
  './fastify',
  './fastify-request',
  './hono',
  './koa',
  './nestjs',
  './react-router',
  './socket-io',
  './web',
  './websocket',
]

/** The manifest of the library with its published subpaths. */
export async function libraryManifest(): Promise<Manifest> {
  const own = await readManifest('packages/tokens')
  const exports = PUBLIC_SUBPATHS.map((subpath) => {
    const file = own.exports?.[subpath]
    if (file === undefined) throw new Error(`The library has no subpath ${subpath}.`)
    return [subpath, file]
  })
  return { ...own, exports: Object.fromEntries(exports) }
}

/** The two published packages. The library has one entry for each published subpath. */
export async function publishedPackages(): Promise<{ tokens: Published; holdfast: Published }> {
  const { name, exports = {} } = await libraryManifest()
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
