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
import { licencesOf } from './licences.ts'
import { type PublishedManifest, publishedCommand, publishedLibrary, typesOf } from './manifest.ts'
import {
  entryOf,
  libraryManifest,
  type Published,
  publishedPackages,
  ROOT,
  readManifest,
} from './packages.ts'

const run = promisify(execFile)

/** The packages that the command contains, besides its own. */
const CONTAINED = ['agent', 'drill', 'gateway', 'local', 'operations', 'site', 'tokens'].map(
  (name) => `packages/${name}`,
)

/** Where a package is built. */
const builtFolder = ({ name }: Published): string =>
  join(ROOT, 'dist', 'npm', name.replace('@', '').replace('/', '-'))

export interface BuiltLibrary {
  folder: string
  /** The file of declarations of each entry. */
  declarations: Record<string, string>
}

export interface Built {
  library: BuiltLibrary
  /** The folder of the command. */
  command: string
}

/** Builds both packages. */
export async function build(): Promise<Built> {
  const { tokens, holdfast } = await publishedPackages()
  const revision = await revisionOfSources()
  const [declarations] = await Promise.all([buildLibrary(tokens, revision), buildCommand(holdfast, revision)])
  return { library: { folder: builtFolder(tokens), declarations }, command: builtFolder(holdfast) }
}

/** Returns the declarations of each entry. */
async function buildLibrary(library: Published, revision: string | null): Promise<Record<string, string>> {
  const own = await libraryManifest()
  const manifest = publishedLibrary(own, revision)
  const folder = await emptyFolder(library)
  await Promise.all([
    bundle(library, folder, manifest, { maps: true }),
    declare(library, folder),
    write(library, folder, manifest),
  ])
  const entries = Object.entries(own.exports ?? {})
  return Object.fromEntries(
    entries.map(([subpath, file]) => [entryOf(subpath), join(folder, 'dist', typesOf(file))]),
  )
}

async function buildCommand(command: Published, revision: string | null): Promise<void> {
  const contained = await Promise.all([command.folder, ...CONTAINED].map(readManifest))
  const [own] = contained
  if (own === undefined) throw new Error('There is no command.')
  const folder = await emptyFolder(command)
  const manifest = publishedCommand(own, contained, command, revision)
  await Promise.all([bundle(command, folder, manifest, { maps: false }), write(command, folder, manifest)])
  await chmod(join(folder, 'dist', 'main.js'), 0o755)
}

async function bundle(
  { entries, processes }: Published,
  folder: string,
  manifest: PublishedManifest,
  { maps }: { maps: boolean },
): Promise<void> {
  const isOutside = new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }))
  const bundled = await rolldown({
    cwd: ROOT,
    input: entries,
    platform: 'node',
    plugins: [inlineFiles(processes, manifest)],
    external: (id) => id.startsWith('node:') || isOutside.has(packageOf(id)),
    transform: { target: `node${OLDEST_NODE.split('.')[0]}` },
  })
  const { output } = await bundled.write({
    dir: join(folder, 'dist'),
    format: 'esm',
    sourcemap: maps,
    chunkFileNames: '[name]-[hash].js',
  })
  await bundled.close()
  const modules = output.flatMap((part) => ('moduleIds' in part ? part.moduleIds : []))
  const licences = await licencesOf(modules)
  if (licences !== '') await writeFile(join(folder, 'dist', 'THIRD-PARTY-LICENSES.txt'), licences)
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

/** Null: the sources are not in a git repository. */
async function revisionOfSources(): Promise<string | null> {
  const asked = await run('git', ['rev-parse', 'HEAD'], { cwd: ROOT }).catch(() => null)
  return asked?.stdout.trim() ?? null
}

async function emptyFolder(published: Published): Promise<string> {
  const folder = builtFolder(published)
  await rm(folder, { recursive: true, force: true })
  await mkdir(join(folder, 'dist'), { recursive: true })
  return folder
}

if (import.meta.main) {
  const { library, command } = await build()
  console.log(`${library.folder}\n${command}`)
}
