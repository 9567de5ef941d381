import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { plansFromOptions } from '../../../src/commands/up/plan.ts'
import { Sandbox } from '../../holdfast.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await Sandbox.make()
})
afterAll(() => sandbox.remove())

const plan = async (engine: string, more = '') => {
  const file = join(sandbox.folder, 'holdfast.yaml')
  const hosts = [1, 2, 3].map(
    (n) => `      - { name: data-${n}, address: 10.0.0.1${n}, runs: [redis, sentinel] }\n`,
  )
  await writeFile(
    file,
    `version: 1\nengine: ${engine}\n${more}dataCentres:\n  east:\n    secrets: { file: ./secrets }\n    hosts:\n${hosts.join('')}`,
  )
  const [first] = await plansFromOptions({ file })
  return first
}

it('`up --file` takes the settings of Redis from the file', async () => {
  const planned = await plan('redis 7.0', 'redis: { maxmemoryMb: 512, appendfsync: always }\n')
  expect(planned?.plan.site).toMatchObject({
    engine: { name: 'redis' },
    redis: { maxmemoryMb: 512, appendfsync: 'always', backlogMb: 64 },
  })
})

it('`up --file` says so when another version than that of the file is installed', async () => {
  const planned = await plan('redis 8.0')
  expect(planned?.note).toMatch(/asks for redis 8\.0; this machine runs the installed 7\.\d+\.\d+\./)
  expect(planned?.plan.site.engine).toEqual({ name: 'redis', version: '7.0' })
})

it('`up --file` says that its gateways run without the settings of the hosts', async () => {
  const { note } = (await plan('redis 7.0', 'gateway: { metrics: { public: true } }\n')) ?? {}
  expect(note).toContain('`gateway:`')
  expect((await plan('redis 7.0'))?.note).toBeNull()
})

it('`up --file` refuses an engine that is not installed', async () => {
  await expect(plan('valkey 8.0')).rejects.toMatchObject({
    code: 'MISSING_PROGRAM',
    message: expect.stringContaining('`valkey-server`'),
  })
})
