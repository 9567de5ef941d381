import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { checkSiteText, excerptOf } from '../../src/check/check-site.ts'

const GOOD = readFileSync(join(import.meta.dirname, '../rules/fixtures/good-short.yaml'), 'utf8')
const PLACE = '{ file: ./nowhere/dc1 }'

it('excerptOf returns the line of a finding', async () => {
  const checked = await checkSiteText(GOOD.replace('valkey 8.0', 'valkey 1.0'), 'holdfast.yaml')
  expect(checked.findings.map((finding) => excerptOf(checked, finding))).toEqual(['engine: valkey 1.0'])
})

it.each([
  ['under a key whose name suggests a secret', 'engine:', 'password: hunter2\nengine:'],
  ['in a line that is not valid YAML', 'engine:', 'masterauth: *hunter2\nengine:'],
  ['where the place of the secrets should be named', PLACE, 'hunter2'],
  ['as a key where the place of the secrets should be named', PLACE, '{ hunter2 }'],
  ['in a list', 'engine:', 'tokens: [a, hunter2]\nengine:'],
  [
    'in a line of which only the first 1000 characters could be searched',
    'engine:',
    `x: ${'a'.repeat(1000)} password: hunter2\nengine:`,
  ],
  ['in a URL', 'valkey 8.0', 'redis://app:hunter2@10.0.0.1'],
  ['in a tag', 'engine:', 'secret: !hunter2 x\nengine:'],
  ['under an unknown key', 'address: 10.1.0.12', 'requirepass: hunter2'],
  ['in a text of several lines', 'engine:', 'password: |\n  hunter2\n  hunter2\nengine:'],
])('neither a finding nor its excerpt shows a secret %s', async (_, from, to) => {
  const checked = await checkSiteText(GOOD.replace(from, to), 'holdfast.yaml')
  expect(checked.findings.length).toBeGreaterThan(0)
  const shown = checked.findings.map((finding) => [finding, excerptOf(checked, finding)])
  expect(JSON.stringify(shown)).not.toContain('hunter2')
})
