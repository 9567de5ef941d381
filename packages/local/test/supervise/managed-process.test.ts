import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ManagedProcess, type ProcessEvents } from '../../src/supervise/managed-process.ts'

let folder: string
let managed: ManagedProcess

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-managed-'))
})

afterEach(async () => {
  await managed.stop(1000)
  await rm(folder, { recursive: true })
})

/** Runs a program that ends at once, and returns all reasons of failures until the second start or failure. */
function run(events: Partial<ProcessEvents>, prepare?: () => Promise<readonly string[]>) {
  const plan = {
    name: 'redis-1',
    kind: 'redis' as const,
    host: '127.0.0.1',
    port: 0,
    command: 'true',
    args: [],
  }
  managed = new ManagedProcess(
    { ...plan, logFile: join(folder, 'log'), ...(prepare && { prepare }) },
    { started: () => {}, held: () => {}, crashed: () => {}, failed: () => {}, ...events },
  )
  managed.start()
}

it('a process is restarted, and the error is reported, when its crash cannot be handled', async () => {
  const failures: string[] = []
  const { promise: secondStart, resolve } = Promise.withResolvers<void>()
  let starts = 0
  run({
    started: () => {
      starts += 1
      if (starts === 2) resolve()
    },
    crashed: () => {
      throw new Error('The disk is full.')
    },
    failed: (_, why) => failures.push(why),
  })
  await secondStart
  expect(failures).toEqual(['The disk is full.'])
})

it('a process that cannot be prepared is tried again, and each reason is reported once', async () => {
  const failures: string[] = []
  const { promise: fourthTry, resolve } = Promise.withResolvers<void>()
  let tries = 0
  run({ failed: (_, why) => failures.push(why) }, async () => {
    tries += 1
    if (tries === 4) resolve()
    throw new Error(tries < 3 ? 'No secrets.' : 'No folder.')
  })
  await fourthTry
  expect(failures).toEqual(['No secrets.', 'No folder.'])
})

it('a process whose start cannot be recorded does not stay behind', async () => {
  const pids: (number | undefined)[] = []
  const { promise: failed, resolve } = Promise.withResolvers<void>()
  run({
    started: ({ identity }) => {
      pids.push(identity?.pid)
      throw new Error('The disk is full.')
    },
    failed: () => resolve(),
  })
  await failed
  expect(managed.status().pid).toBeNull()
  expect(() => process.kill(pids[0] ?? 0, 0)).toThrow('ESRCH')
})
