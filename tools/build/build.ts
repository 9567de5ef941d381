/**
 * Builds the two published packages into `dist/npm`: JavaScript for Node and the library's declarations, each with its
 * manifest, README and licence, ready for `npm publish`. The repository itself runs from its TypeScript.
 */
import { execFile } from 'node:child_process'
import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { rolldown } from 'rolldown'
import { OLDEST_NODE } from '../../packages/cli/src/command-line/node-version.ts'
import { inlineFiles } from './inline.ts'
import { commandManifest, libraryManifest } from './manifest.ts'
import { type Published, publishedPackages, ROOT, readManifest } from './packages.ts'

const run = promisify(execFile)

/** The packages that the command contains, besides its own. */
const CONTAINED = ['agent', 'drill', 'gateway', 'local', 'operations', 'site', 'tokens'].map(
  (name) => `packages/${name}`,
)

/** Where a package is built. */
export const builtFolder = ({ name }: Published): string =>
  join(ROOT, 'dist', 'npm', name.replace('@', '').replace('/', '-'))

/** Builds both packages and returns their folders. */
export async function build(): Promise<string[]> {
  const { tokens, holdfast } = await publishedPackages()
  await Promise.all([buildLibrary(tokens), buildCommand(holdfast)])
  return [builtFolder(tokens), builtFolder(holdfast)]
}

async function buildLibrary(library: Published): Promise<void> {
  const own = await readManifest(library.folder)
  const folder = await emptyFolder(library)
  await Promise.all([
    bundle(library, folder, Object.keys({ ...own.dependencies, ...own.peerDependencies })),
    declare(library, folder),
    write(library, folder, libraryManifest(own)),
  ])
}

async function buildCommand(command: Published): Promise<void> {
  const contained = await Promise.all([command.folder, ...CONTAINED].map(readManifest))
  const [own] = contained
  if (own === undefined) throw new Error('There is no command.')
  const folder = await emptyFolder(command)
  const manifest = commandManifest(own, contained, command) as { dependencies: Record<string, string> }
  await Promise.all([
    bundle(command, folder, Object.keys(manifest.dependencies)),
    write(command, folder, manifest),
  ])
  await chmod(join(folder, 'dist', 'main.js'), 0o755)
}

async function bundle({ entries, processes }: Published, folder: string, outside: string[]): Promise<void> {
  const isOutside = new Set(outside)
  const bundled = await rolldown({
    cwd: ROOT,
    input: entries,
    platform: 'node',
    plugins: [inlineFiles(processes)],
    external: (id) => id.startsWith('node:') || isOutside.has(packageOf(id)),
    transform: { target: `node${OLDEST_NODE.split('.')[0]}` },
  })
  await bundled.write({
    dir: join(folder, 'dist'),
    format: 'esm',
    sourcemap: true,
    chunkFileNames: '[name]-[hash].js',
  })
  await bundled.close()
}

/** `@redis/client/dist/x` is of `@redis/client`. */
const packageOf = (id: string): string => id.split('/', id.startsWith('@') ? 2 : 1).join('/')

async function declare({ folder: source }: Published, folder: string): Promise<void> {
  const config = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      emitDeclarationOnly: true,
      declaration: true,
      declarationMap: false,
      allowImportingTsExtensions: false,
      rewriteRelativeImportExtensions: true,
      stripInternal: true,
      rootDir: join(ROOT, source, 'src'),
      outDir: join(folder, 'dist', 'types'),
    },
    include: [join(ROOT, source, 'src')],
  }
  const file = join(ROOT, 'dist', 'tsconfig.types.json')
  await writeFile(file, JSON.stringify(config))
  await run(join(ROOT, 'node_modules', '.bin', 'tsc'), ['-p', file], { cwd: ROOT })
}

async function write({ folder: source }: Published, folder: string, manifest: object): Promise<void> {
  await Promise.all([
    writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`),
    copyFile(join(ROOT, source, 'README.md'), join(folder, 'README.md')),
    copyFile(join(ROOT, 'LICENSE'), join(folder, 'LICENSE')),
  ])
}

async function emptyFolder(published: Published): Promise<string> {
  const folder = builtFolder(published)
  await rm(folder, { recursive: true, force: true })
  await mkdir(join(folder, 'dist'), { recursive: true })
  return folder
}

if (import.meta.main) for (const folder of await build()) console.log(folder)
