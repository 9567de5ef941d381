import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { isAlive } from '@holdfast/files/process-identity'
import { leaseNetwork } from '@holdfast/testing/leases'
import { TestDataCentre } from '@holdfast/testing/local/data-centre'
import { programFile } from '@holdfast/testing/program-file'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { stopDataCentre } from '../../src/lifecycle/stop.ts'
import { checkAddresses } from '../../src/preflight/addresses.ts'

const NETWORK = await leaseNetwork()

const SUPERVISE = programFile(new URL('../programs/supervise.ts', import.meta.url))

let dc: TestDataCentre
let supervisor: ChildProcess

beforeEach(async () => {
  dc = await TestDataCentre.create({ network: NETWORK })
  supervisor = spawn(process.execPath, [SUPERVISE, dc.stateDir, NETWORK], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (supervisor.stdout) await once(supervisor.stdout, 'data')
})

afterEach(async () => {
  supervisor.kill('SIGKILL')
  await stopDataCentre(dc.stateDir)
  await dc.remove()
})

// INV-LOCAL-1.
it('what a killed supervisor left is ended by the next start, which has the data', async () => {
  await dc.write('kept', 'yes')
  const exited = once(supervisor, 'exit')
  supervisor.kill('SIGKILL')
  await exited
  const left = dc.processes()
  expect(left.filter(isAlive)).toHaveLength(12)
  expect((await dc.status()).supervisor).toBe('gone')

  await dc.start()
  expect(left.filter(isAlive)).toEqual([])
  expect(dc.processes().filter(isAlive)).toHaveLength(12)
  expect(await dc.ask(`${NETWORK}.12`, ['GET', 'kept'])).toEqual(['yes'])
})

it('what a hung supervisor keeps running is ended by a stop, paused processes too', async () => {
  const running = dc.processes()
  await dc.control.signal('redis-2', 'SIGSTOP')
  supervisor.kill('SIGSTOP')
  expect((await dc.status()).supervisor).toBe('hung')
  expect(await stopDataCentre(dc.stateDir)).toMatchObject({ by: 'record' })
  expect(running.filter(isAlive)).toEqual([])
  await checkAddresses(dc.plan)
})
