import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { readTlsFiles } from '@holdfast/agent/redis/tls-files'
import { StateFolder } from '@holdfast/local/state/folder'
import { openLocal } from '@holdfast/local/state/open'
import { storeOptions } from '@holdfast/local/state/store-options'
import { issuedFiles } from '@holdfast/local/state/tls-files'
import { CertificateFolder } from '@holdfast/site/certificates/folder'
import { redisAddress, sentinelAddress, tunnelOf } from '@holdfast/site/topology/topology'
import { isThere } from '@holdfast/testing/hosts/programs'
import { leaseNetwork } from '@holdfast/testing/leases'
import { connectionIds } from '@holdfast/testing/local/application'
import { TestDataCentre } from '@holdfast/testing/local/data-centre'
import { programFile } from '@holdfast/testing/program-file'
import { SimulatedUsers } from '@holdfast/testing/simulated-users'
import { createRedisStore } from '@holdfast/tokens'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { CERTIFICATE_STEPS } from '../../src/rotate/certificates/choices.ts'
import {
  planCertificateRotation,
  rotateCertificates,
} from '../../src/rotate/certificates/rotate-certificates.ts'
import { servedFingerprint } from '../../src/rotate/certificates/served.ts'

const DYING = programFile(new URL('../programs/dying-rotation.ts', import.meta.url))

/** The fingerprints on disk, by holder. */
async function onDisk(dc: TestDataCentre): Promise<Map<string, string>> {
  const { certificates } = new StateFolder(dc.stateDir)
  const { issued } = await new CertificateFolder(certificates, dc.topology.name).list()
  return new Map(issued.map(({ subject, fingerprint }) => [subject, fingerprint]))
}

/** What every Redis and Sentinel, or every tunnel before them, shows, by holder. */
async function shown(dc: TestDataCentre): Promise<Map<string, string>> {
  const { plan, topology } = dc
  const folder = new StateFolder(dc.stateDir)
  const isTunnel = plan.site.transport === 'stunnel'
  const found = new Map<string, string>()
  for (const [index, host] of topology.dataHosts.entries()) {
    for (const [service, address] of [
      ['redis', redisAddress(host)],
      ['sentinel', sentinelAddress(host)],
    ] as const) {
      const holder = `${isTunnel ? 'stunnel' : service}-${index + 1}`
      const tls = await readTlsFiles(issuedFiles(plan, folder, isTunnel ? holder : 'operator'), '')
      const at = isTunnel ? { ...address, host: tunnelOf(host.host).arrival } : address
      const named = isTunnel ? { name: holder } : {}
      found.set(holder, await servedFingerprint(at, tls, { ...named, timeoutMs: 2000 }))
    }
  }
  return found
}

describe.each([
  ['tls', await leaseNetwork()],
  ['stunnel', await leaseNetwork()],
] as const)('a rotation of certificates with the transport %s', (transport, network) => {
  // A machine may have no stunnel: nothing else needs it.
  const canRun = transport !== 'stunnel' || isThere('stunnel')
  let dc: TestDataCentre

  beforeAll(async () => {
    if (!canRun) return
    dc = await TestDataCentre.create({ network, transport })
    await dc.start()
    await dc.untilHealthy()
  }, 60_000)

  afterAll(() => dc?.remove())

  it.skipIf(!canRun)(
    'gives every process a new certificate; no request fails and no connection to Redis ends',
    async () => {
      const before = await onDisk(dc)
      const store = createRedisStore(storeOptions(await openLocal(dc.stateDir)))
      onTestFinished(() => store.close())
      await store.ready()
      const users = new SimulatedUsers([store], { subject: 'ada', isOpenLoop: true })
      // The rotation may be over before they have done much.
      await sleep(1000)
      const connections = await connectionIds(dc)
      expect(connections.length).toBeGreaterThan(3)
      const primary = await dc.primary()
      const steps = new Set<string>()
      const report = await rotateCertificates({
        stateDir: dc.stateDir,
        days: 30,
        onProgress: ({ step }) => steps.add(step),
      })
      const after = await onDisk(dc)
      expect(report).toMatchObject({ renewed: expect.arrayContaining([...before.keys()]), resumed: false })
      expect(report.renewed).toHaveLength(before.size)
      for (const [holder, fingerprint] of before) expect(after.get(holder)).not.toBe(fingerprint)
      for (const [holder, fingerprint] of await shown(dc))
        expect([holder, fingerprint]).toEqual([holder, after.get(holder)])
      expect(await connectionIds(dc)).toEqual(expect.arrayContaining(connections))
      const skipped =
        transport === 'tls'
          ? ['deliver', 'tunnels']
          : ['deliver', 'redis', 'sentinels', 'gateways', 'supervisor']
      expect([...steps]).toEqual(CERTIFICATE_STEPS.filter((step) => !skipped.includes(step)))
      // The application takes its own new one, and then every connection is made anew.
      const { tls } = await openLocal(dc.stateDir)
      if (tls !== null) await store.renew({ tls })
      for (const { host } of dc.topology.dataHosts) await dc.ask(host, ['CLIENT', 'KILL', 'USER', 'app'])
      await dc.untilHealthy()
      await users.untilDone({ verifications: 50 })
      await users.stopAndVerify(store)
      expect(users.failures).toEqual([])
      expect(await dc.primary()).toEqual(primary)
    },
    60_000,
  )

  it.skipIf(!canRun)(
    'continues where it was after a kill at each of its steps, and issues each certificate once',
    async () => {
      const before = await onDisk(dc)
      expect(await dc.write('before', 'it')).toBe(true)
      const skipped =
        transport === 'tls'
          ? ['deliver', 'tunnels']
          : ['deliver', 'redis', 'sentinels', 'gateways', 'supervisor']
      let issued: Map<string, string> | null = null
      for (const step of CERTIFICATE_STEPS.filter((one) => !skipped.includes(one))) {
        const child = spawn(process.execPath, [DYING, 'certificates', dc.stateDir, step], { stdio: 'ignore' })
        const [, signal] = await once(child, 'close')
        expect([step, signal]).toEqual([step, 'SIGKILL'])
        await dc.untilHealthy()
        if (step === 'check' || step === 'issue') continue
        issued ??= await onDisk(dc)
        expect(await onDisk(dc)).toEqual(issued)
      }
      const report = await rotateCertificates({ stateDir: dc.stateDir })
      expect(report.resumed).toBe(true)
      const after = await onDisk(dc)
      expect(after).toEqual(issued)
      for (const [holder, fingerprint] of before) expect(after.get(holder)).not.toBe(fingerprint)
      for (const [holder, fingerprint] of await shown(dc))
        expect([holder, fingerprint]).toEqual([holder, after.get(holder)])
      const { host } = await dc.untilHealthy()
      expect(await dc.ask(host, ['GET', 'before'])).toEqual(['it'])
    },
    240_000,
  )

  // INV-OPERATIONS-14.
  it.skipIf(!canRun)('is refused while a Sentinel does not answer, and changes nothing', async () => {
    const before = await onDisk(dc)
    await dc.control.signal('sentinel-2', 'SIGSTOP')
    try {
      await expect(rotateCertificates({ stateDir: dc.stateDir })).rejects.toMatchObject({
        code: 'NOT_SAFE',
        message: expect.stringMatching(/: sentinel\S*2: /),
      })
    } finally {
      await dc.control.signal('sentinel-2', 'SIGCONT')
    }
    await planCertificateRotation({ stateDir: dc.stateDir })
    expect(await onDisk(dc)).toEqual(before)
    await dc.untilHealthy()
  })

  it.skipIf(!canRun)(
    'leaves a data centre that starts again with the new certificates',
    async () => {
      await dc.onDisk()
      await dc.stop()
      await dc.start()
      await dc.untilHealthy()
      expect(await shown(dc)).toEqual(
        new Map([...(await onDisk(dc))].filter(([holder]) => /^(redis|sentinel|stunnel)-/.test(holder))),
      )
    },
    60_000,
  )
})
