#!/usr/bin/env node
/**
 * Makes this folder ready to run: npm packages, a Node that runs TypeScript, and the system's programs that a
 * data centre is made of. The scripts of package.json call it first. It says nothing when all is here, and speaks
 * on stderr, because what follows may print JSON. Plain JavaScript without dependencies, because it runs before
 * there are any, on whatever Node (18 or later) the machine has. With `--tests` it installs what only tests need,
 * too, where it may. With `--npm` it leaves the system's programs out.
 *
 * Exit codes: 0 ready, 1 something failed, 3 something is missing that only the machine's owner can install.
 */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installDependencies, missingDependency, missingNode, repairNode } from './setup/dependencies.mjs'
import { withLock } from './setup/lock.mjs'
import { SetupError } from './setup/run.mjs'
import {
  installPrograms,
  installTestPrograms,
  missingPrograms,
  missingTestPrograms,
} from './setup/system-packages.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const say = (line) => console.error(`Set-up: ${line}`)

const forTests = process.argv.includes('--tests')
const onlyNpm = process.argv.includes('--npm')

const findings = () => ({
  dependency: missingDependency(root),
  node: missingNode(root),
  programs: onlyNpm ? [] : missingPrograms(),
  testPrograms: forTests ? missingTestPrograms() : [],
})
const isReady = ({ dependency, node, programs, testPrograms }) =>
  !dependency && !node && programs.length === 0 && testPrograms.length === 0

async function makeReady() {
  const { dependency } = findings()
  if (dependency) {
    say(`${dependency}. Running npm ci ...`)
    await installDependencies(root)
  }
  const node = missingNode(root)
  if (node) {
    say(`${node}. Running npm rebuild node ...`)
    await repairNode(root)
  }
  const { programs, testPrograms } = findings()
  if (programs.length > 0) await installPrograms(programs, say)
  if (testPrograms.length > 0) await installTestPrograms(testPrograms, say)
}

async function main() {
  if (process.platform === 'win32') {
    throw new SetupError('Holdfast runs on Linux and macOS. On Windows, use it inside WSL 2.', 3)
  }
  if (isReady(findings())) return
  const startedAt = Date.now()
  await withLock(join(root, '.holdfast', 'setup.lock'), say, makeReady)
  say(`ready after ${Math.ceil((Date.now() - startedAt) / 1000)} s.`)
}

main().catch((error) => {
  console.error(error instanceof SetupError ? `Set-up: ${error.message}` : error)
  process.exitCode = error instanceof SetupError ? error.exitCode : 1
})
