/**
 * Set-up of the tiers whose tests start processes (vitest.config.ts): builds the command once. Their tests run `holdfast`
 * as it is published, which starts in half the time that it takes from its sources.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { buildCommand } from './build/build.ts'
import { ROOT } from './build/packages.ts'

export default async function setup(): Promise<() => Promise<void>> {
  // Two runs of the tests at a time each have their own.
  const out = join(ROOT, 'dist', `test-${process.pid}`)
  process.env['HOLDFAST_MAIN'] = join(await buildCommand(out), 'dist', 'main.js')
  return () => rm(out, { recursive: true, force: true })
}
