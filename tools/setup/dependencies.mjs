import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { ask, lastLines, run, SetupError } from './run.mjs'

/** Why `npm ci` has to run: a phrase, or null when node_modules is what package-lock.json says. */
export function missingDependency(root) {
  const wanted = readPackages(join(root, 'package-lock.json'))
  if (wanted === null)
    throw new SetupError(
      'package-lock.json is missing or damaged. Restore it: git checkout package-lock.json',
    )
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'))
  if (installed === null) return 'The npm packages are not installed yet'
  return firstDifference(wanted, installed, (folder) => existsSync(join(root, folder)))
}

/** Compares the lock file's packages with those that npm recorded in node_modules. Null when they agree. */
export function firstDifference(wanted, installed, exists) {
  for (const [folder, entry] of Object.entries(wanted)) {
    if (!folder.startsWith('node_modules/')) continue
    const found = installed[folder]
    // A package for another platform is in the lock file and not in the folder.
    if (found === undefined && entry.optional) continue
    const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)
    if (found === undefined || !exists(folder)) return `The npm package ${name} is missing`
    if (
      found.version !== entry.version ||
      found.integrity !== entry.integrity ||
      found.resolved !== entry.resolved
    ) {
      return `The npm package ${name} is not the one of package-lock.json`
    }
  }
  return null
}

/** Why the pinned Node cannot be used: a phrase, or null when it runs. */
export function missingNode(root) {
  const wanted = pinnedNode(root)
  const found = ask(join(root, 'node_modules', '.bin', 'node'), ['--version'])
  if (found === `v${wanted}`) return null
  return found === null
    ? `Node ${wanted} is not in node_modules/.bin`
    : `node_modules/.bin/node is ${found}, not v${wanted}`
}

/** `npm ci`, with its own output, because it may take a minute. */
export async function installDependencies(root) {
  const { code } = await npm(root, ['ci', '--include=dev', '--loglevel=error'], 'inherit')
  if (code === 0) return
  throw new SetupError(
    'npm ci failed; its own message is above. If the network was at fault, try again. If package.json and package-lock.json disagree, run npm install.',
  )
}

/** The package `node` fetches its binary in an install script, which npm may be configured not to run. */
export async function repairNode(root) {
  const { output } = await npm(root, ['rebuild', 'node', '--ignore-scripts=false'])
  const problem = missingNode(root)
  if (problem === null) return
  throw new SetupError(
    `${problem}, and "npm rebuild node" did not help. Holdfast needs it to run TypeScript. Delete node_modules and try again; behind a proxy, check that npm may fetch the package node-${process.platform}-${process.arch}.\n${lastLines(output)}`,
  )
}

function npm(root, args, stdio = 'pipe') {
  const env = { ...process.env, PATH: withoutOwnBin(root) }
  const options = { cwd: root, env, stdio: ['ignore', stdio, stdio] }
  const script = process.env.npm_execpath
  const node = process.env.npm_node_execpath
  // The npm that called us, on the Node that it runs on: the one in node_modules is about to be replaced.
  if (script?.endsWith('.js') && node && existsSync(node) && !node.startsWith(join(root, 'node_modules'))) {
    return run(node, [script, ...args], options)
  }
  return run('npm', args, options)
}

function withoutOwnBin(root) {
  const own = join(root, 'node_modules')
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.filter((folder) => !folder.startsWith(own)).join(delimiter)
}

const pinnedNode = (root) => JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies.node

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? null
  } catch {
    return null
  }
}
