import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Sandbox } from '../../holdfast.ts'

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
    revision: expect.stringMatching(/^[0-9a-f]{40}$/),
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
  expect(stdout).toMatch(/^holdfast {2}\S+ \(revision [0-9a-f]{40}\)\nnode {6}\S+ \(.*\)\nengine {4}.*\n$/)
})
