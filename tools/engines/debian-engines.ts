/**
 * Newer engines for tests, from Debian's own packages: each is downloaded with the libraries of its suite, unpacked into a
 * folder, and runs with the loader and the libraries of that folder. Nothing is installed.
 */
import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isThere } from '@holdfast/testing/hosts/programs'
import { ROOT } from '../build/packages.ts'

const run = promisify(execFile)

/** An engine that Debian has in a suite other than the one of this machine. */
export interface Engine {
  /** Such as `redis-8.0`. */
  name: string
  /** The program of the engine, such as `valkey-server`. */
  program: 'redis-server' | 'valkey-server'
  suite: string
  packages: readonly string[]
}

/** The libraries of the servers in the suites from trixie on. */
const LIBRARIES = [
  ...[
    'libc6',
    'libssl3t64',
    'libjemalloc2',
    'libsystemd0',
    'liblzf1',
    'libstdc++6',
    'libgcc-s1',
    'libatomic1',
  ],
  ...['libzstd1', 'liblua5.1-0', 'libcap2', 'libhiredis1.1.0'],
]

export const ENGINES: readonly Engine[] = [
  {
    name: 'redis-8.0',
    program: 'redis-server',
    suite: 'trixie',
    packages: ['redis-server', 'redis-tools', ...LIBRARIES],
  },
  {
    name: 'valkey-8.0',
    program: 'valkey-server',
    suite: 'bookworm-backports',
    // Its libraries are those of bookworm, which need not be newer than this machine's.
    packages: ['valkey-server', 'valkey-tools'],
  },
  {
    name: 'valkey-8.1',
    program: 'valkey-server',
    suite: 'trixie',
    packages: ['valkey-server', 'valkey-tools', ...LIBRARIES],
  },
  {
    // Debian's next suite: its version changes. It was 9.1.2 in 2026.
    name: 'valkey-9',
    program: 'valkey-server',
    suite: 'forky',
    packages: ['valkey-server', 'valkey-tools', ...LIBRARIES],
  },
]

/** An engine that is ready. */
export interface InstalledEngine extends Engine {
  /** A folder for PATH: it has `redis-server`, and the engine's own name for it. */
  bin: string
  version: string
}

const HOME = join(ROOT, '.holdfast', 'engines')
const DOWNLOAD_MS = 300_000

/** Unpacks an engine, unless an earlier call did. Throws if Debian's mirror cannot be reached. */
export async function installEngine(engine: Engine): Promise<InstalledEngine> {
  const home = join(HOME, engine.name)
  const bin = join(home, 'bin')
  const known = await versionOf(bin).catch(() => null)
  if (known !== null) return { ...engine, bin, version: known }
  await mkdir(HOME, { recursive: true })
  const fresh = await mkdtemp(join(HOME, `${engine.name}-`))
  try {
    await download(engine, fresh)
    await rm(home, { recursive: true, force: true })
    await rename(fresh, home)
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
  await placePrograms(engine, home)
  return { ...engine, bin, version: await versionOf(bin) }
}

async function download({ suite, packages }: Engine, folder: string): Promise<void> {
  const options = await aptOptions(suite, folder)
  await run('apt-get', [...options, 'update'], { timeout: DOWNLOAD_MS })
  const downloads = join(folder, 'downloads')
  await mkdir(downloads)
  await run('apt-get', [...options, 'download', ...packages], { cwd: downloads, timeout: DOWNLOAD_MS })
  for (const file of await readdir(downloads)) {
    await run('dpkg-deb', ['--extract', join(downloads, file), join(folder, 'root')])
  }
  await rm(downloads, { recursive: true })
  await rm(join(folder, 'apt'), { recursive: true })
}

/** Options of apt for one suite of the mirror of this machine, with its lists in a folder of their own. */
async function aptOptions(suite: string, folder: string): Promise<string[]> {
  const state = join(folder, 'apt')
  await mkdir(join(state, 'lists', 'partial'), { recursive: true })
  await mkdir(join(state, 'cache', 'archives', 'partial'), { recursive: true })
  const sources = join(state, 'sources.list')
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg'
  await writeFile(sources, `deb [signed-by=${keys}] ${await mirrorOfThisMachine()} ${suite} main\n`)
  return [
    ['Dir::Etc::sourcelist', sources],
    ['Dir::Etc::sourceparts', '-'],
    ['Dir::State::lists', join(state, 'lists')],
    ['Dir::Cache', join(state, 'cache')],
    // The user `_apt` may not enter this folder.
    ['APT::Sandbox::User', 'root'],
    ['Acquire::Languages', 'none'],
    ['Acquire::Retries', '2'],
  ].flatMap(([name, value]) => ['-o', `${name}=${value}`])
}

/** The address from which this machine takes Debian's packages. */
export async function mirrorOfThisMachine(): Promise<string> {
  const { stdout } = await run('apt-get', ['indextargets', '--format', '$(REPO_URI) $(RELEASE)'])
  const [site] =
    stdout
      .split('\n')
      .map((line) => line.split(' '))
      .find(([, release]) => release !== undefined && !release.includes('security')) ?? []
  if (site === undefined || site === '') throw new Error('apt-get knows no mirror of Debian on this machine.')
  return site
}

/**
 * Puts the programs of the engine into the folder for PATH, also under their names in Redis. They use the loader and the
 * libraries of their suite, if the engine has its own. Not by a script: the guard calls the server under other names.
 */
async function placePrograms({ program }: Engine, home: string): Promise<void> {
  const bin = join(home, 'bin')
  await mkdir(bin, { recursive: true })
  const root = join(home, 'root')
  const loader = await loaderIn(root)
  const libraries = ['usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu'].map((path) => join(root, path))
  for (const tool of ['server', 'cli']) {
    const name = program.replace('server', tool)
    const file = join(bin, name)
    await copyFile(join(root, 'usr', 'bin', name), file)
    if (loader !== null) {
      await run('patchelf', ['--set-interpreter', loader, '--set-rpath', libraries.join(':'), file])
    }
    const common = name.replace('valkey-', 'redis-')
    if (common !== name) await symlink(name, join(bin, common))
  }
}

async function loaderIn(root: string): Promise<string | null> {
  for (const folder of ['usr/lib64', 'lib64', 'usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu']) {
    const found = (await readdir(join(root, folder)).catch(() => [])).find((name) =>
      name.startsWith('ld-linux'),
    )
    if (found !== undefined) return join(root, folder, found)
  }
  return null
}

async function versionOf(bin: string): Promise<string> {
  const { stdout } = await run(join(bin, 'redis-server'), ['--version'], { timeout: 10_000 })
  const version = /v=(\S+)/.exec(stdout)?.[1]
  if (version === undefined) throw new Error(`${bin} does not say its version: ${stdout}`)
  return version
}

/** Whether this machine can take engines from Debian: the libraries are of one architecture. */
export const isSupportedHere = async (): Promise<boolean> =>
  process.platform === 'linux' &&
  process.arch === 'x64' &&
  isThere('patchelf') &&
  (await readFile('/etc/debian_version', 'utf8').catch(() => '')) !== ''
