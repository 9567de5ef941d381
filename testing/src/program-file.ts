import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = join(import.meta.dirname, '../..')

/**
 * The file of a program that tests run as a process of its own. `source` is its module, in a folder `programs`.
 * In a test run it is the bundle that tools/built-command.ts builds: that starts in half the time.
 */
export function programFile(source: URL): string {
  const file = fileURLToPath(source)
  const bundles = process.env['HOLDFAST_TEST_PROGRAMS']
  return bundles === undefined ? file : join(bundles, `${programName(relative(ROOT, file))}.js`)
}

/** The name of a program in the folder of the bundles: `packages/local/test/programs/starting.ts` is `local-starting`. */
export function programName(source: string): string {
  const [, workspace = ''] = /^(?:packages\/)?([^/]+)\//.exec(dirname(source)) ?? []
  return `${workspace}-${source.replace(/^.*\/|\.ts$/g, '')}`
}
