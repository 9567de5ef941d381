import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { checkSiteText } from '../../src/check/check-site.ts'
import { excerptOf } from '../../src/check/excerpt.ts'

const GOOD = readFileSync(join(import.meta.dirname, '../rules/fixtures/good-short.yaml'), 'utf8')
const PLACE = '{ file: ./nowhere/dc1 }'

it('shows the line of a finding', async () => {
  const checked = await checkSiteText(GOOD.replace('valkey 8.0', 'valkey 1.0'), 'holdfast.yaml')
  expect(checked.findings.map((finding) => excerptOf(checked, finding))).toEqual(['engine: valkey 1.0'])
})

it.each([
  ['under a key that says so', 'engine:', 'password: hunter2\nengine:'],
  ['that breaks the syntax', 'engine:', 'masterauth: *hunter2\nengine:'],
  ['in place of its place', PLACE, 'hunter2'],
  ['as a key in place of its place', PLACE, '{ hunter2 }'],
  ['in a list', 'engine:', 'tokens: [a, hunter2]\nengine:'],
  ['in a URL', 'valkey 8.0', 'redis://app:hunter2@10.0.0.1'],
  ['in a tag', 'engine:', 'secret: !hunter2 x\nengine:'],
  ['by a name that is no key here', 'address: 10.1.0.12', 'requirepass: hunter2'],
  ['in a text of several lines', 'engine:', 'password: |\n  hunter2\n  hunter2\nengine:'],
])('shows no secret %s', async (_, from, to) => {
  const checked = await checkSiteText(GOOD.replace(from, to), 'holdfast.yaml')
  expect(checked.findings.length).toBeGreaterThan(0)
  const shown = checked.findings.map((finding) => [finding, excerptOf(checked, finding)])
  expect(JSON.stringify(shown)).not.toContain('hunter2')
})
