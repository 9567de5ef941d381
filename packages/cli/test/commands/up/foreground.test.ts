import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { leaseNetwork } from '@holdfast/testing/leases'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { collect, Sandbox } from '../../holdfast.ts'

const NETWORK = await leaseNetwork()

const NAME = 'cli-front'
let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await Sandbox.make()
})

afterAll(async () => {
  await sandbox.run(['down', '--name', NAME])
  await sandbox.remove()
}, 60_000)

it('up prints plain lines into a pipe, reports changes of processes, and stops everything at Ctrl-C', async () => {
  const child = sandbox.spawn('up', '--name', NAME, '--network', NETWORK)
  const output = collect(child)
  const seen = async (text: string) => {
    while (!output.stdout.includes(text)) {
      if (child.exitCode !== null) throw new Error(output.stderr)
      await sleep(50)
    }
  }
  await seen('Press Ctrl-C to stop everything')
  expect(output.stdout).toContain(`http://${NETWORK}.1:8080`)
  expect(output.stdout).toContain(`drill --kill primary --name ${NAME}`)
  expect(output.stdout).not.toContain('\u001b')

  const { processes } = await sandbox.status(NAME)
  const gateway = processes.find(({ name }) => name === 'gateway-2')
  process.kill(gateway?.pid ?? 0, 'SIGKILL')
  await seen('gateway-2 is running again')

  child.kill('SIGINT')
  const [code] = (await once(child, 'close')) as [number]
  expect({ code, stderr: output.stderr }).toEqual({ code: 0, stderr: '' })
  expect(output.stdout).toMatch(/cli-front has stopped\. Its state is kept in /)
  expect((await sandbox.run(['status', '--name', NAME])).code).toBe(3)
}, 90_000)
