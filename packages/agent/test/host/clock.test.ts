import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Site } from '@holdfast/site/file/site'
import { buildClockShim, ShiftableClock } from '@holdfast/testing'
import { asAdmin, dataHostsOf, exampleSite, renderExample } from '@holdfast/testing/hosts/example-site'
import { RenderedGroup } from '@holdfast/testing/hosts/rendered-group'
import { leaseNetwork } from '@holdfast/testing/leases'
import { eventually, makeTempFolder } from '@holdfast/testing/local/data-centre'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readHostConfig } from '../../src/host/config.ts'
import { watchHost } from '../../src/watchdog/watch-host.ts'

const NETWORK = await leaseNetwork()
const HOSTS = dataHostsOf(NETWORK)
const [first, second, third] = ['dc1-data-1', 'dc1-data-2', 'dc1-data-3']
const AHEAD_MS = 40 * 60_000

let folder: string
let group: RenderedGroup
const clocks = new Map<string, ShiftableClock>()
const log: { host: string; event: string }[] = []
const leaving = new AbortController()

beforeAll(async () => {
  folder = await makeTempFolder()
  const shim = await buildClockShim(folder)
  for (const { name } of HOSTS)
    clocks.set(name, await ShiftableClock.create(join(folder, `${name}.clock`), shim))
  const site = exampleSite({ transport: 'plain' })
  const local: Site = {
    ...site,
    dataCentres: site.dataCentres.map((dataCentre) => ({
      ...dataCentre,
      hosts: dataCentre.hosts.map((host) => ({ ...host, address: host.address.replace('10.20.0', NETWORK) })),
    })),
  }
  group = await RenderedGroup.place({
    files: renderExample(local),
    folder,
    hosts: HOSTS,
    on: (host) => [
      'env',
      ...Object.entries(clocks.get(host)?.env ?? {}).map(([name, value]) => `${name}=${value}`),
    ],
    cliArgs: (_placed, service) => asAdmin(service),
  })
  group.start()
  await group.quickenSentinels()
  await group.agreesOn(first, `${NETWORK}.11`, 2, 25_000)
  for (const { name: host } of HOSTS) {
    const config = await readHostConfig(group.pathOn(host, '/etc/holdfast/host.json'))
    const options = { log: (event: string) => log.push({ host, event }), signal: leaving.signal }
    watchHost(config, options).catch(() => {})
  }
})

afterAll(async () => {
  leaving.abort()
  await group.processes.killAll()
  await rm(folder, { recursive: true, force: true })
})

const priorityOf = async (address: string): Promise<string> => {
  const reply = await group.ask(first, address, 'redis', ['CONFIG', 'GET', 'replica-priority'])
  return reply.trim().split('\n').at(-1) ?? ''
}

it('a replica with a wrong clock is not promotable until its clock has been right for some seconds', async () => {
  await clocks.get(second)?.shift(AHEAD_MS)
  await eventually(async () => expect(await priorityOf(`${NETWORK}.12`)).toBe('0'), 10_000)
  expect(await priorityOf(`${NETWORK}.13`)).toBe('100')
  await clocks.get(second)?.shift(0)
  await eventually(async () => expect(await priorityOf(`${NETWORK}.12`)).toBe('100'), 20_000)
}, 60_000)

// INV-AGENT-18, FACT-64.
it('the agent restarts a Sentinel whose clock was set back, and the Sentinel pings all processes again', async () => {
  const sentinel = `${NETWORK}.13`
  const lastPings = async () => {
    const replies = await Promise.all(
      ['MASTER', 'REPLICAS', 'SENTINELS'].map((what) =>
        group.ask(third, sentinel, 'sentinel', ['SENTINEL', what, 'mymaster']),
      ),
    )
    return [...replies.join('\n').matchAll(/^last-ping-reply\n(-?\d+)$/gm)].map(([, ms]) => Number(ms))
  }
  await clocks.get(third)?.shift(AHEAD_MS)
  // Each process must have been pinged at the wrong time.
  await sleep(3000)
  await clocks.get(third)?.shift(0)
  await eventually(
    async () => expect(log).toContainEqual({ host: third, event: expect.stringContaining('restarts it') }),
    15_000,
  )
  await eventually(async () => {
    const ages = await lastPings()
    expect(ages).toHaveLength(5)
    expect(ages.filter((ms) => ms < 0 || ms > 5000)).toEqual([])
  }, 15_000)
}, 60_000)

// INV-AGENT-16.
it('a primary whose clock stays wrong hands over to a replica with the right time without losing a write', async () => {
  const onFirst = (...command: string[]) => group.ask(first, `${NETWORK}.11`, 'redis', command)
  expect(await onFirst('SET', 'before', 'the jump')).toBe('OK\n')
  await clocks.get(first)?.shift(AHEAD_MS)
  const named = () => group.primaryNamedBy(second, `${NETWORK}.12`)
  await eventually(async () => expect(await named()).not.toBe(`${NETWORK}.11`), 30_000)
  const promoted = await named()
  await group.agreesOn(second, promoted, 2, 25_000)
  expect(await group.ask(second, promoted, 'redis', ['GET', 'before'])).toBe('the jump\n')
  expect(await priorityOf(`${NETWORK}.11`)).toBe('0')
  await eventually(async () => expect(await priorityOf(promoted)).toBe('100'), 25_000)
  expect(log).toContainEqual({ host: first, event: 'the clock of the primary is wrong: hands over' })
}, 90_000)
