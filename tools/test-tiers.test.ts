import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startOfProcesses, testFilesByTier, tierOf } from './test-tiers.ts'

const ROOT = join(import.meta.dirname, '..')
const files = testFilesByTier()

it('a file that measures time, needs root or starts processes is in the tier for it', () => {
  expect(tierOf('packages/tokens/test/record/merge.test.ts')).toBe('unit')
  expect(tierOf('packages/tokens/test/scripts/merge.test.ts')).toBe('integration')
  expect(tierOf('packages/local/test/lifecycle/lifecycle.test.ts')).toBe('integration')
  expect(tierOf('packages/tokens/test/schedules/elections.test.ts')).toBe('timed')
  expect(tierOf('faults/test/campaign/campaign.test.ts')).toBe('campaign')
  for (const tier of Object.values(files)) expect(tier.length).toBeGreaterThan(0)
})

it('the path of imports shows why a file belongs to the integration tier', () => {
  expect(startOfProcesses('packages/tokens/test/scripts/merge.test.ts')?.at(0)).toContain('merge.test.ts')
  expect(startOfProcesses('packages/tokens/test/scripts/merge.test.ts')?.at(-1)).toBe('node:child_process')
  expect(startOfProcesses('packages/tokens/test/record/merge.test.ts')).toBeNull()
})

/** An upper limit for a measured time. Elsewhere `within` shows that something does not hang. */
const DURATION =
  /^\s*(?:for \(.*\) )?expect\([^\n]*(?:(?<![\w.])ms|\.ms|(?:elapsed|took|waited|longest\w*|paused)Ms|performance\.now\(\)[^\n]*)\)\.toBeLess/

it('no test outside the timed tier expects that something takes less than a time', async () => {
  const found: string[] = []
  for (const file of [...files.unit, ...files.integration]) {
    const lines = (await readFile(join(ROOT, file), 'utf8')).split('\n')
    for (const [index, line] of lines.entries())
      if (DURATION.test(line)) found.push(`${file}:${index + 1}: ${line.trim()}`)
  }
  expect(found).toEqual([])
})

/** Addresses of loopback that several tests could use with a fixed port. Tests lease networks instead. */
const FIXED_NETWORK =
  /(?<!(?:defaultPlan\(|plansOfSite\(site, )\{ )network: '127\.|--network', '127\.|(?:dataHostsOf|exampleOn)\('127\.|listen\(\d{3,5}, '127\./

it('no test starts servers on a fixed network of loopback', async () => {
  const found: string[] = []
  for (const file of [...files.integration, ...files.timed]) {
    const lines = (await readFile(join(ROOT, file), 'utf8')).split('\n')
    for (const [index, line] of lines.entries())
      if (FIXED_NETWORK.test(line)) found.push(`${file}:${index + 1}: ${line.trim()}`)
  }
  expect(found).toEqual([])
})

it.each([
  'expect(performance.now() - startMs).toBeLessThan(5000)',
  'expect(ms).toBeLessThan(150)',
  'expect(report.pausedMs).toBeLessThan(1500)',
])('a limit such as `%s` would be found', (line) => {
  expect(DURATION.test(line)).toBe(true)
})
