import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Sandbox } from '../../holdfast.ts'

/** The revision that the tests build the command from; null without a repository. */
const revision =
  spawnSync('git', ['rev-parse', 'HEAD'], { cwd: import.meta.dirname, encoding: 'utf8' }).stdout?.trim() ||
  null

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await Sandbox.make()
})
afterAll(() => sandbox.remove())

test('`holdfast version --json` names the version, Node and the engine that is installed', async () => {
  const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(manifest) as { version: string }
  expect(await sandbox.json(['version'])).toEqual({
    version,
    revision,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    engine: {
      name: expect.stringMatching(/^(?:redis|valkey)$/),
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      program: expect.stringMatching(/^\/.*-server$/),
    },
  })
})

test('`holdfast version` prints one line for each', async () => {
  const { code, stdout } = await sandbox.run(['version'])
  expect(code).toBe(0)
  const [built = '', ...rest] = stdout.split('\n')
  expect(built).toMatch(/^holdfast {2}\S+ \(.*\)$/)
  expect(built).toContain(revision === null ? '(from its sources)' : `(revision ${revision})`)
  expect(rest.join('\n')).toMatch(/^node {6}\S+ \(.*\)\nengine {4}.*\n$/)
})
