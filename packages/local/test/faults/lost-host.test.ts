import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { leaseNetwork } from '@holdfast/testing/leases'
import { eventually, TestDataCentre, timeUntil } from '@holdfast/testing/local/data-centre'
import { afterAll, beforeAll, expect, it } from 'vitest'

let dc: TestDataCentre

beforeAll(async () => {
  dc = await TestDataCentre.create({ network: await leaseNetwork() })
  await dc.start()
})

afterAll(() => dc.remove())

it('after the loss of the primary host another primary serves within 4 s, and the host comes back as a replica', async () => {
  const old = await dc.untilHealthy()
  await dc.write('before', 'the loss')
  await dc.control.loseHost(old.host)
  const lost = (await dc.control.status()).processes.filter(({ state }) => state === 'lost')
  expect(lost.map(({ host, pid }) => [host, pid])).toEqual([
    [old.host, null],
    [old.host, null],
  ])
  const tookMs = await timeUntil(async () => {
    if (!(await dc.write('after', 'the loss'))) throw new Error('no replica has it')
  })
  // No watchdog on the lost host requested the failover, so `down-after` (1500 ms) had to pass.
  expect(tookMs).toBeGreaterThan(1400)
  expect(tookMs).toBeLessThan(4000)
  await dc.control.restoreHost(old.host)
  expect((await dc.untilHealthy()).host).not.toBe(old.host)
  expect(await dc.ask(old.host, ['GET', 'before'], ['GET', 'after'])).toEqual(['the loss', 'the loss'])
})

it('while the primary is paused, status does not hang and another Redis takes over; the old one then follows it', async () => {
  const old = await dc.untilHealthy()
  await dc.control.signal(old.name, 'SIGSTOP')
  const askedMs = performance.now()
  const { redis } = await dc.status()
  expect(performance.now() - askedMs).toBeLessThan(2500)
  expect(redis.find(({ name }) => name === old.name)).toMatchObject({ reachable: false })
  await eventually(async () => {
    if ((await dc.primary()).name === old.name) throw new Error('still the old one')
  })
  await dc.control.signal(old.name, 'SIGCONT')
  expect((await dc.untilHealthy()).name).not.toBe(old.name)
})

it('a primary without its data is held at the start until a replica has taken over, so nothing is lost', async () => {
  const old = await dc.untilHealthy()
  expect(await dc.write('survives', 'yes', 2)).toBe(true)
  await dc.onDisk()
  await dc.stop()
  await rm(join(dc.stateDir, old.name, 'data', 'appendonlydir'), { recursive: true })
  const said: string[] = []
  await dc.start({ onProgress: ({ text }) => said.push(text) })
  expect(said.join('\n')).toContain(`${old.name} is held: This Redis was primary and has lost its data`)
  expect((await dc.untilHealthy()).name).not.toBe(old.name)
  expect(await dc.ask(old.host, ['GET', 'survives'])).toEqual(['yes'])
})

it('a data centre whose Redis have all lost their data does not start', async () => {
  await dc.stop()
  for (const name of ['redis-1', 'redis-2', 'redis-3']) {
    await rm(join(dc.stateDir, name, 'data'), { recursive: true })
  }
  await expect(dc.start()).rejects.toMatchObject({ code: 'DATA_LOST' })
})
