import { execFile } from 'node:child_process'
import { chmod, copyFile, cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { COMMANDS, GROUPS } from '../../packages/cli/src/commands/commands.ts'
import { bashCompletion } from '../../packages/cli/src/commands/completion/bash.ts'
import { fishCompletion } from '../../packages/cli/src/commands/completion/fish.ts'
import { completionTree } from '../../packages/cli/src/commands/completion/tree.ts'
import { zshCompletion } from '../../packages/cli/src/commands/completion/zsh.ts'
import { LICENCES_FILE } from '../build/licences.ts'
import { ROOT } from '../build/packages.ts'
import { manPage } from './man-page.ts'
import type { Platform, Release } from './release.ts'

const run = promisify(execFile)

/** Starts the command with its own Node, wherever the folder stands and whatever link leads to it. */
const START = `#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
exec "$here/../lib/holdfast/node" "$here/../lib/holdfast/dist/main.js" "$@"
`

/**
 * Puts what a host needs into an empty folder: the command with its own Node, its manual page and its completions, laid
 * out as below /usr.
 */
export async function layOut(
  folder: string,
  command: string,
  platform: Platform,
  release: Release,
): Promise<void> {
  const home = join(folder, 'lib', 'holdfast')
  await mkdir(home, { recursive: true })
  await cp(join(command, 'dist'), join(home, 'dist'), { recursive: true })
  await copyFile(join(command, 'package.json'), join(home, 'package.json'))
  await installNative(home, platform)
  await copyFile(await nodeOf(platform), join(home, 'node'))
  await chmod(join(home, 'node'), 0o755)
  await write(folder, 'bin/holdfast', START, 0o755)

  const nodes = completionTree(COMMANDS, GROUPS)
  await write(folder, 'share/man/man1/holdfast.1', manPage(release))
  await write(folder, 'share/bash-completion/completions/holdfast', bashCompletion(nodes))
  await write(folder, 'share/zsh/vendor-completions/_holdfast', zshCompletion(nodes))
  await write(folder, 'share/fish/vendor_completions.d/holdfast.fish', fishCompletion(nodes))
  await write(folder, 'share/doc/holdfast/copyright', await readFile(join(ROOT, 'LICENSE'), 'utf8'))
  await symlink(
    `../../../lib/holdfast/dist/${LICENCES_FILE}`,
    join(folder, 'share/doc/holdfast', LICENCES_FILE),
  )
}

async function write(folder: string, name: string, text: string, mode = 0o644): Promise<void> {
  const file = join(folder, name)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text, { mode })
}

/** Installs the packages that a bundle cannot contain, compiled for the platform. npm runs none of their scripts. */
async function installNative(home: string, platform: Platform): Promise<void> {
  const [os = '', cpu = ''] = platform.split('-')
  await run(
    'npm',
    [
      ...['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'],
      ...[`--os=${os}`, `--cpu=${cpu}`, '--libc=glibc'],
    ],
    { cwd: home, timeout: 120_000 },
  )
  await rm(join(home, 'node_modules', '.package-lock.json'), { force: true })
}

/** The file of the Node of this project, for a platform. */
async function nodeOf(platform: Platform): Promise<string> {
  const own = join(ROOT, 'node_modules', 'node', 'bin', 'node')
  if (platform === `${process.platform}-${process.arch}`) return own
  const { version } = JSON.parse(
    await readFile(join(ROOT, 'node_modules', 'node', 'package.json'), 'utf8'),
  ) as { version: string }
  const folder = join(ROOT, 'dist', 'node', platform)
  await mkdir(folder, { recursive: true })
  // Where npm's package `node` takes its program from.
  const { stdout } = await run('npm', ['pack', '--json', `node-${platform}@${version}`], {
    cwd: folder,
    timeout: 300_000,
  })
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
  await run('tar', ['--extract', '--file', filename, '--strip-components=1'], { cwd: folder })
  return join(folder, 'bin', 'node')
}
