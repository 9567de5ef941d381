import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ownHolder } from '@holdfast/files/lock-holder'
import { eventually, makeTempFolder } from '@holdfast/testing/local/data-centre'
import { programFile } from '@holdfast/testing/program-file'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { exclusivelyHere, runningOperation } from '../../src/state/lock.ts'

const HOLDING = programFile(new URL('../programs/holding-operation.ts', import.meta.url))
let folder: string
let file: string

beforeEach(async () => {
  folder = await makeTempFolder()
  file = join(folder, 'operation.json')
})

afterEach(() => rm(folder, { recursive: true, force: true }))

const leave = (text: string) => writeFile(file, text)

it('the lock of a data centre lets one operation work, and reports that operation and its start to a second one', async () => {
  const answer = await exclusivelyHere(file, 'switchover', async () => {
    await expect(exclusivelyHere(file, 'upgrade', async () => 'both')).rejects.toMatchObject({
      code: 'BUSY',
      message: expect.stringMatching(/: switchover, since 20\d\d-.*Z \(process \d+ on .+\)/),
    })
    expect(await runningOperation(file)).toMatchObject({ operation: 'switchover', pid: process.pid })
    return 'done'
  })
  expect(answer).toBe('done')
  expect(await runningOperation(file)).toBeNull()
})

it('the lock of a data centre is free again after a failure, and leaves nothing behind', async () => {
  await expect(exclusivelyHere(file, 'restore', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await exclusivelyHere(file, 'upgrade', async () => 'done')).toBe('done')
  expect(await readdir(folder)).toEqual([])
})

it('the lock of a data centre is held by another process, and is free as soon as that process is killed', async () => {
  const holder = spawn(process.execPath, [HOLDING, file], { stdio: 'ignore' })
  await eventually(async () => expect((await runningOperation(file))?.pid).toBe(holder.pid))
  await expect(exclusivelyHere(file, 'upgrade', async () => 'both')).rejects.toMatchObject({ code: 'BUSY' })
  holder.kill('SIGKILL')
  await once(holder, 'close')
  expect(await exclusivelyHere(file, 'upgrade', async () => 'done')).toBe('done')
})

it('the lock of a data centre is not held by a later process with the same number, nor by a damaged file', async () => {
  await leave(JSON.stringify({ ...ownHolder('1', 'upgrade'), started: 'long ago/1' }))
  expect(await exclusivelyHere(file, 'upgrade', async () => 'done')).toBe('done')
  await leave('')
  expect(await exclusivelyHere(file, 'upgrade', async () => 'done')).toBe('done')
  expect(await readdir(folder)).toEqual([])
})

// INV-OPERATIONS-1.
it('the lock of a data centre is taken over from a dead process by only one of many', async () => {
  await leave(JSON.stringify({ ...ownHolder('1', 'upgrade'), started: 'another boot/1' }))
  let [inside, most, worked] = [0, 0, 0]
  const attempts = Array.from({ length: 20 }, async (_, number) => {
    await sleep(number * 3)
    return exclusivelyHere(file, 'upgrade', async () => {
      inside += 1
      worked += 1
      most = Math.max(most, inside)
      await sleep(5)
      inside -= 1
    })
  })
  const ended = await Promise.allSettled(attempts)
  const refused = ended.flatMap((end) => (end.status === 'rejected' ? [end.reason.code] : []))
  expect(most).toBe(1)
  expect(worked).toBeGreaterThan(0)
  expect(refused).toEqual(refused.map(() => 'BUSY'))
})
