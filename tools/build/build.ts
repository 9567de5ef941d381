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
import { LICENCES_FILE, licencesOf } from './licences.ts'
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
const CONTAINED = [
  'agent',
  'drill',
  'files',
  'gateway',
  'local',
  'operations',
  'proxy',
  'site',
  'tokens',
].map((name) => `packages/${name}`)

/** Where packages are built, unless another folder is given. */
const OUT = join(ROOT, 'dist', 'npm')

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

/** Builds both packages, each into a folder of its own in `out`, a folder below the root of the repository. */
export async function build(out = OUT): Promise<Built> {
  const [library, command] = await Promise.all([buildLibrary(out), buildCommand(out)])
  return { library, command }
}

/** Builds only the library. */
export async function buildLibrary(out: string): Promise<BuiltLibrary> {
  const { tokens: library } = await publishedPackages()
  const own = await libraryManifest()
  const manifest = publishedLibrary(own, await revisionOfSources())
  const folder = await emptyFolder(out, library)
  await Promise.all([
    bundle(library, folder, manifest, { maps: true }),
    declare(library, folder),
    write(library, folder, manifest),
  ])
  const declarations = Object.entries(own.exports ?? {}).map(([subpath, file]) => [
    entryOf(subpath),
    join(folder, 'dist', typesOf(file)),
  ])
  return { folder, declarations: Object.fromEntries(declarations) }
}

/** Builds only the command, and returns its folder. */
export async function buildCommand(out = OUT): Promise<string> {
  const { holdfast: command } = await publishedPackages()
  const contained = await Promise.all([command.folder, ...CONTAINED].map(readManifest))
  const [own] = contained
  if (own === undefined) throw new Error('The command has no manifest.')
  const folder = await emptyFolder(out, command)
  const manifest = publishedCommand(own, contained, command, await revisionOfSources())
  await Promise.all([bundle(command, folder, manifest, { maps: false }), write(command, folder, manifest)])
  await chmod(join(folder, 'dist', 'main.js'), 0o755)
  return folder
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
  if (licences !== '') await writeFile(join(folder, 'dist', LICENCES_FILE), licences)
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
    // The types of `request.session` too, which the repository itself leaves out: they clash with those of express-session.
    exclude: [],
  }
  const file = join(folder, '..', 'tsconfig.types.json')
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

async function emptyFolder(out: string, { name }: Published): Promise<string> {
  const folder = join(out, name.replace('@', '').replace('/', '-'))
  await rm(folder, { recursive: true, force: true })
  await mkdir(join(folder, 'dist'), { recursive: true })
  return folder
}

if (import.meta.main) {
  const { library, command } = await build()
  console.log(`${library.folder}\n${command}`)
}
