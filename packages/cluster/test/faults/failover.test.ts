import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually, TestDataCentre, timeUntil } from '../support/data-centre.ts'

/** With the reference timings Sentinel alone would need 10 s and more: what is quicker is the watchdog's. */
let dc: TestDataCentre

beforeAll(async () => {
  dc = await TestDataCentre.create({ network: '127.0.58', timings: 'reference' })
  await dc.start()
})

afterAll(() => dc.remove())

// INV-LOCAL-9.
it('kill -9 of the primary: another one acknowledges writes within 2 s, and has the data', async () => {
  const old = await dc.whole()
  expect(await dc.write('before', 'the kill')).toBe(true)
  await dc.control.signal(old.name, 'SIGKILL')
  const tookMs = await timeUntil(async () => {
    if (!(await dc.write('after', 'the kill'))) throw new Error('no replica has it')
  })
  expect(tookMs).toBeLessThan(2000)
  const now = await dc.whole()
  expect(now.host).not.toBe(old.host)
  for (const host of ['127.0.58.11', '127.0.58.12', '127.0.58.13']) {
    expect(await dc.ask(host, ['GET', 'before'], ['GET', 'after'])).toEqual(['the kill', 'the kill'])
  }
})

it('a primary that lost its data with its process comes back as a replica', async () => {
  const old = await dc.whole()
  await dc.write('survives', 'yes')
  await rm(join(dc.stateDir, old.name, 'data'), { recursive: true })
  await dc.control.signal(old.name, 'SIGKILL')
  await dc.whole()
  expect(await dc.ask(old.host, ['GET', 'survives'])).toEqual(['yes'])
})

it('a killed replica comes back, and the primary stays', async () => {
  const primary = await dc.whole()
  const replica = primary.name === 'redis-1' ? 'redis-2' : 'redis-1'
  await dc.control.signal(replica, 'SIGKILL')
  await sleep(300)
  expect((await dc.whole()).name).toBe(primary.name)
})

it('all Redis killed at once: no primary waits for a failover that cannot come, and none is empty', async () => {
  await dc.whole()
  await dc.write('everywhere', 'yes')
  await Promise.all(['redis-1', 'redis-2', 'redis-3'].map((name) => dc.control.signal(name, 'SIGKILL')))
  const tookMs = await timeUntil(async () => expect(await dc.write('again', 'yes')).toBe(true))
  expect(tookMs).toBeLessThan(10_000)
  // The first one's watchdog may have got a failover to another, when that was back in time.
  const { host } = await dc.whole()
  expect(await dc.ask(host, ['GET', 'everywhere'])).toEqual(['yes'])
})

it('a gateway, a Sentinel and the balancer are started again', async () => {
  await dc.whole()
  for (const name of ['gateway-2', 'sentinel-3', 'balancer']) await dc.control.signal(name, 'SIGKILL')
  await dc.whole()
  await eventually(async () => {
    const { processes } = await dc.status()
    expect(processes.filter(({ state }) => state === 'running')).toHaveLength(11)
    expect(processes.find(({ name }) => name === 'gateway-2')?.restarts).toBe(1)
    expect((await fetch('http://127.0.58.1:8080/')).status).toBe(200)
  })
})
