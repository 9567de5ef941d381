import { certificateHolders } from '@holdfast/local/lifecycle/local-certificates'
import { StateFolder } from '@holdfast/local/state/folder'
import { openLocal } from '@holdfast/local/state/open'
import { storeOptions } from '@holdfast/local/state/store-options'
import { CertificateFolder } from '@holdfast/site/certificates/folder'
import { leaseNetwork } from '@holdfast/testing/leases'
import { eventually, TestDataCentre } from '@holdfast/testing/local/data-centre'
import { createRedisStore } from '@holdfast/tokens'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import type { DataCentrePlace } from '../../src/data-centre/open.ts'
import { examine } from '../../src/doctor/examine.ts'
import { localHolders } from '../../src/rotate/certificates/holders.ts'
import { rotateCertificates } from '../../src/rotate/certificates/rotate-certificates.ts'
import { servedCertificates } from '../../src/rotate/certificates/served.ts'
import { getStatus } from '../../src/status/status.ts'
import { Sited } from '../support/sited.ts'

const DAY_MS = 24 * 3600 * 1000

let dc: TestDataCentre

/** Certificates of these processes that ended two days ago, which they show from now on, and no connection from before. */
async function end(holders: readonly string[]): Promise<void> {
  const folder = new CertificateFolder(new StateFolder(dc.stateDir).certificates, dc.topology.name)
  const local = await openLocal(dc.stateDir)
  for (const request of certificateHolders(dc.plan).filter(({ name }) => holders.includes(name)))
    await folder.issue({ ...request, days: 1, notBefore: new Date(Date.now() - 3 * DAY_MS) })
  const hosts = dc.topology.dataHosts
  const named = (kind: string) =>
    hosts.flatMap((host, index) =>
      holders.includes(`${kind}-${index + 1}`) ? [{ host: host.host, index }] : [],
    )
  const file = (name: string) => `${folder.path}/${name}`
  for (const { host, index } of named('redis')) {
    const [cert, key] = [file(`redis-${index + 1}.crt`), file(`redis-${index + 1}.key`)]
    await dc.ask(host, ['CONFIG', 'SET', 'tls-cert-file', cert, 'tls-key-file', key])
  }
  for (const { index } of named('sentinel')) await dc.control.restart(`sentinel-${index + 1}`)
  // Whoever was connected has to connect again, and is refused.
  for (const { host } of named('redis'))
    await dc
      .ask(
        host,
        ['CLIENT', 'KILL', 'TYPE', 'replica'],
        ['CLIENT', 'KILL', 'TYPE', 'master'],
        ['CLIENT', 'KILL', 'USER', 'sentinel'],
      )
      .catch(() => [])
  const shown = await eventually(async () => {
    const all = await servedCertificates(local, localHolders(local))
    if (all.length < 2 * hosts.length) throw new Error('a Sentinel is just starting')
    return all
  })
  expect(
    shown
      .filter(({ daysLeft }) => daysLeft < 0)
      .map(({ holder }) => holder)
      .sort(),
  ).toEqual(holders.filter((holder) => /^(redis|sentinel)/.test(holder)).sort())
}

const problems = async (place: DataCentrePlace = { stateDir: dc.stateDir }) => {
  const { redis, sentinels } = await getStatus(place)
  return [...redis, ...sentinels].flatMap((one) => (one.reachable ? [] : [one.problem]))
}

describe('in a data centre of this machine', () => {
  afterEach(() => dc?.remove())

  it('one host whose certificates have expired gets new ones, and the data centre is healthy afterwards', async () => {
    dc = await TestDataCentre.create({ network: await leaseNetwork(), transport: 'tls' })
    await dc.start()
    await dc.untilHealthy()
    const store = createRedisStore(storeOptions(await openLocal(dc.stateDir)))
    onTestFinished(() => store.close())
    await store.ready()
    const { token } = await store.issue({ subject: 'ada' })
    await end(['redis-3', 'sentinel-3'])
    expect((await problems()).join('\n')).toMatch(
      /127\.\d+\.\d+\.13:6379, or its authority's, has expired\..*`holdfast rotate certificates /,
    )
    const { findings } = await examine({ stateDir: dc.stateDir })
    const advice = findings.filter(({ subject }) => ['redis-3', 'sentinel-3'].includes(subject))
    expect(advice.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['node-down', 'sentinel-down', 'certificate-ended', 'certificate-ended']),
    )
    for (const { mend } of advice) expect(mend).toMatch(/^holdfast rotate certificates( --[a-z-]+ \S+)+$/)
    const report = await rotateCertificates({ stateDir: dc.stateDir, withinDays: 30 })
    expect(report).toMatchObject({ state: 'done', renewed: ['redis-3', 'sentinel-3'] })
    await dc.untilHealthy()
    expect(await problems()).toEqual([])
    expect(await store.verify(token)).toMatchObject({ status: 'active' })
  }, 240_000)

  it('all processes get new certificates after all have expired, also gateways and the operator', async () => {
    dc = await TestDataCentre.create({ network: await leaseNetwork(), transport: 'tls' })
    await dc.start()
    await dc.untilHealthy()
    const store = createRedisStore(storeOptions(await openLocal(dc.stateDir)))
    onTestFinished(() => store.close())
    await store.ready()
    const { token } = await store.issue({ subject: 'ada' })
    await end(certificateHolders(dc.plan).map(({ name }) => name))
    const ended = await problems()
    expect(ended).toHaveLength(6)
    for (const problem of ended) expect(problem).toContain('`holdfast rotate certificates')
    // A process that was connected goes on with the connections that it has.
    expect(await store.verify(token)).toMatchObject({ status: 'active' })
    const report = await rotateCertificates({ stateDir: dc.stateDir })
    expect(report).toMatchObject({ state: 'done', resumed: false })
    await dc.untilHealthy()
    expect(await problems()).toEqual([])
    const { tls } = await openLocal(dc.stateDir)
    if (tls !== null) await store.renew({ tls })
    expect(await store.verify(token)).toMatchObject({ status: 'active' })
    expect((await rotateCertificates({ stateDir: dc.stateDir, withinDays: 30 })).renewed).toEqual([])
  }, 240_000)
})

describe('in a data centre that is reached by its file', () => {
  let sited: Sited

  afterEach(() => sited?.remove())

  it('all certificates have ended: a command or people bring the new ones, and no Redis is restarted', async () => {
    sited = await Sited.start({ network: await leaseNetwork() })
    ;({ dc } = sited)
    await dc.untilHealthy()
    const { place, deliverCommand } = sited
    const own = new CertificateFolder(place.certificates, 'dc1')
    const startedAt = () =>
      dc.processes().flatMap(({ name, started }) => (name.startsWith('redis') ? [started] : []))
    const before = startedAt()
    const endAll = async () => {
      await end(certificateHolders(dc.plan).map(({ name }) => name))
      await own.issue({ name: 'operator', days: 1, notBefore: new Date(Date.now() - 3 * DAY_MS) })
      expect(await problems(place)).toHaveLength(6)
    }
    await endAll()
    expect(await rotateCertificates({ ...place, deliverCommand })).toMatchObject({ state: 'done', hosts: [] })
    await dc.untilHealthy()
    expect(await problems(place)).toEqual([])
    await endAll()
    const begun = await rotateCertificates(place)
    expect(begun).toMatchObject({ state: 'waiting', resumed: false })
    expect(begun.hosts.map(({ host }) => host)).toEqual(
      expect.arrayContaining(['data-1', 'data-2', 'data-3']),
    )
    await sited.deliver()
    expect(await rotateCertificates({ ...place, stage: 'finish' })).toMatchObject({ state: 'done' })
    await dc.untilHealthy()
    expect(await problems(place)).toEqual([])
    expect(startedAt()).toEqual(before)
  }, 240_000)
})
