/**
 * What the tests of one run share: the tree of a host and the packages made from it, for this machine. The first test
 * that asks for a part builds it, and the tests of other workers wait. They are beside the built command, in the folder
 * that tools/built-command.ts removes at the end.
 */
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { BUILDERS, releaseOfSources } from './hosts/build.ts'
import type { Platform, Release } from './hosts/release.ts'
import { layOut } from './hosts/tree.ts'

/** A build takes seconds, also on a busy machine. */
const BUILD_TIMEOUT_MS = 300_000
const POLL_INTERVAL_MS = 100

export const PLATFORM = `linux-${process.arch}` as Platform

export const sharedRelease = (): Promise<Release> => releaseOfSources('quick')

/** The folder of the built command. */
export function sharedCommand(): string {
  const main = process.env['HOLDFAST_MAIN']
  if (main === undefined) throw new Error('HOLDFAST_MAIN is not set: run this test by `npx vitest run FILE`.')
  return dirname(dirname(main))
}

/** The folder that `layOut` filled. Tests only read it. */
export const sharedTree = (): Promise<string> =>
  once('tree', async (folder) => layOut(folder, sharedCommand(), PLATFORM, await sharedRelease()))

/** The file of a package. Tests only read it. */
export async function sharedPackage(kind: keyof typeof BUILDERS): Promise<string> {
  const tree = await sharedTree()
  const folder = await once(kind, async (out) => {
    const scratch = join(out, 'scratch')
    const sources = { tree, scratch, platform: PLATFORM, release: await sharedRelease() }
    const file = await BUILDERS[kind](sources, out)
    await rm(scratch, { recursive: true, force: true })
    await writeFile(join(out, 'name'), basename(file))
  })
  return join(folder, await readFile(join(folder, 'name'), 'utf8'))
}

/** The folder of this name in the folder of this run. One process of the run fills it, and the others wait for it. */
async function once(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const done = join(dirname(sharedCommand()), name)
  const [failed, unfinished] = [`${done}.failed`, `${done}.unfinished`]
  if (!(await isFirst(`${done}.begun`))) return waitFor(done, failed)
  try {
    await mkdir(unfinished)
    await fill(unfinished)
    await rename(unfinished, done)
  } catch (error) {
    await writeFile(failed, error instanceof Error ? (error.stack ?? error.message) : String(error))
    throw error
  }
  return done
}

async function isFirst(file: string): Promise<boolean> {
  try {
    await writeFile(file, '', { flag: 'wx' })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

async function waitFor(done: string, failed: string): Promise<string> {
  const deadline = performance.now() + BUILD_TIMEOUT_MS
  while (!existsSync(done)) {
    if (existsSync(failed))
      throw new Error(`Another test could not build it: ${await readFile(failed, 'utf8')}`)
    if (performance.now() > deadline) throw new Error(`Another test did not finish ${done}.`)
    await sleep(POLL_INTERVAL_MS)
  }
  return done
}
