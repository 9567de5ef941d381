/**
 * Gives every package the version that the changesets ask for, writes their texts to CHANGELOG.md, and removes them.
 * `node tools/build/version.ts --notes` changes nothing and prints the notes of the current version.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { addRelease, notesOf, type ReleasePlan, versionOf } from './changelog.ts'
import { ROOT, readManifest } from './packages.ts'

const run = promisify(execFile)
const NPM_MS = 120_000

const CHANGELOG = join(ROOT, 'CHANGELOG.md')
const MANIFEST = join(ROOT, 'package.json')

if (process.argv.includes('--notes'))
  process.stdout.write(
    notesOf(await readFile(CHANGELOG, 'utf8'), (await readManifest('packages/cli')).version),
  )
else console.log(`All packages have the version ${await applyChangesets()}.`)

async function applyChangesets(): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), 'holdfast-version-'))
  try {
    const file = join(scratch, 'plan.json')
    await changeset('status', '--output', relative(ROOT, file))
    const plan = JSON.parse(await readFile(file, 'utf8')) as ReleasePlan
    if (plan.changesets.length === 0) throw new Error('There is no changeset. Add one: npx changeset')
    const version = versionOf(plan)
    const changelog = addRelease(await readFile(CHANGELOG, 'utf8'), plan)
    await changeset('version')
    await writeFile(CHANGELOG, changelog)
    // The root of the workspace is not among the packages that changesets know.
    const manifest = JSON.parse(await readFile(MANIFEST, 'utf8')) as object
    await writeFile(MANIFEST, `${JSON.stringify({ ...manifest, version }, null, 2)}\n`)
    await run('npm', ['install', '--package-lock-only', '--ignore-scripts', '--prefer-offline'], {
      cwd: ROOT,
      timeout: NPM_MS,
    })
    return version
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function changeset(...args: string[]): Promise<void> {
  await run(join(ROOT, 'node_modules', '.bin', 'changeset'), args, { cwd: ROOT, timeout: NPM_MS })
}
