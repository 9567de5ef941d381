import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exclusively } from '@holdfast/local/state/lock'
import { openLocal } from '@holdfast/local/state/open'
import { storeOptions } from '@holdfast/local/state/store-options'
import { leaseNetwork } from '@holdfast/testing/leases'
import { eventually, type TestDataCentre } from '@holdfast/testing/local/data-centre'
import { createRedisStore } from '@holdfast/tokens'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { backup } from '../../src/backup/backup.ts'
import type { DataCentrePlace } from '../../src/data-centre/open.ts'
import { openDataCentre } from '../../src/data-centre/open.ts'
import type { SitePlace } from '../../src/data-centre/open-site.ts'
import { openSite } from '../../src/data-centre/open-site.ts'
import { collect } from '../../src/doctor/collect/collect.ts'
import { examine } from '../../src/doctor/examine.ts'
import { revokeSessions } from '../../src/sessions/revoke.ts'
import { listSessions } from '../../src/sessions/sessions.ts'
import { getStatus } from '../../src/status/status.ts'
import { switchover } from '../../src/switchover/switchover.ts'
import { upgrade } from '../../src/upgrade/upgrade.ts'
import { Sited } from '../support/sited.ts'

const NETWORK = await leaseNetwork()

let sited: Sited
let dc: TestDataCentre
let folder: string
let place: SitePlace

beforeAll(async () => {
  sited = await Sited.start({
    network: NETWORK,
    hosts: [
      `{ name: data-1, address: ${NETWORK}.11, replicaPriority: 50, runs: [redis, sentinel] }`,
      `{ name: data-2, address: ${NETWORK}.12, runs: [redis, sentinel] }`,
      `{ name: data-3, address: ${NETWORK}.13, runs: [redis, sentinel] }`,
    ],
    others: `
  dc2:
    secrets: { file: ./nowhere }
    hosts:
      - { name: other-1, address: ${NETWORK}.14, runs: [redis, sentinel] }
      - { name: other-2, address: ${NETWORK}.15, runs: [redis, sentinel] }
      - { name: other-3, address: ${NETWORK}.16, runs: [redis, sentinel] }`,
    adjust: ({ plan: { dataCentre } }) => {
      const [first] = dataCentre.hosts
      if (first !== undefined) first.replicaPriority = 50
    },
  })
  ;({ dc, folder, place } = sited)
}, 90_000)

afterAll(() => sited?.remove())

const named = (): DataCentrePlace => ({ ...place, dataCentre: 'dc1' })

describe('a data centre that is reached by its file', () => {
  it('is one of those that the file describes, with a certificate of its authority', async () => {
    await expect(getStatus(place)).rejects.toMatchObject({
      code: 'NO_SUCH_DATA_CENTRE',
      message: expect.stringContaining('Choose one of dc1, dc2.'),
    })
    await expect(getStatus({ ...place, dataCentre: 'dc3' })).rejects.toMatchObject({
      code: 'NO_SUCH_DATA_CENTRE',
    })
    await expect(getStatus({ ...named(), holder: 'nobody' })).rejects.toMatchObject({
      code: 'CERTIFICATE_UNREADABLE',
      message: expect.stringContaining('holdfast ca issue nobody'),
    })
    await expect(getStatus({ ...place, dataCentre: 'dc2' })).rejects.toMatchObject({
      code: 'SECRETS_MISSING',
    })
  })

  it('tells its status by the names of its hosts', async () => {
    await dc.untilHealthy()
    const status = await getStatus(named())
    expect(status).toMatchObject({ supervisor: 'none', processes: [], transport: 'tls', stateDir: null })
    expect(status.redis.map(({ name, reachable }) => [name, reachable])).toEqual([
      ['redis@data-1', true],
      ['redis@data-2', true],
      ['redis@data-3', true],
    ])
    for (const node of [...status.redis, ...status.sentinels]) {
      expect(node).toMatchObject({ reachable: true, certificateDays: expect.any(Number) })
    }
  })

  it('is examined: only what the file says otherwise than the hosts is found', async () => {
    const { findings } = await examine(named())
    const evidence = findings.filter(({ check }) => check === 'settings-drifted').map((one) => one.evidence)
    // They run from a state folder here, and would from /etc on a host.
    expect(evidence.filter((text) => !/^tls-(cert|key|ca-cert)-file is /.test(text))).toEqual([])
    expect(new Set(findings.map(({ check }) => check))).toEqual(new Set(['settings-drifted']))
  })

  it('is meant by the same options in what mends it', async () => {
    const { cliFlags: again } = await collect(await openDataCentre(named()))
    const { siteFile, certificates } = place
    expect(again).toBe(` --file ${siteFile} --data-centre dc1 --certificates ${certificates}`)
  })

  it('shows and ends sessions, writes that down on this machine, and is copied into a backup', {
    timeout: 60_000,
  }, async () => {
    const store = createRedisStore(storeOptions(await openLocal(dc.stateDir)))
    try {
      await store.ready()
      await store.issue({ subject: 'ada' })
      const { id } = await store.issue({ subject: 'bob' })
      expect(await revokeSessions({ ...named(), choice: { id }, reason: 'a test' })).toEqual({ ended: 1 })
      expect((await listSessions({ ...named(), max: 10 })).sessions).toMatchObject([{ subject: 'ada' }])
    } finally {
      await store.close()
    }
    const { folder: files } = await openSite({ ...place, dataCentre: 'dc1' })
    expect(files.auditLog).toMatch(/\/state\/holdfast\/sites\/dc1-[0-9a-f]{8}\/audit\.log$/)
    expect(await readFile(files.auditLog, 'utf8')).toContain('"reason":"a test"')
    const report = await backup({
      ...named(),
      file: join(folder, 'backup.age'),
      lock: { passphrase: 'correct horse battery staple' },
    })
    expect(report).toMatchObject({ dataCentre: 'dc1', sessions: 1, revoked: 1 })
  })

  // INV-OPERATIONS-4.
  it('switches over, and gives each host its own priority back', async () => {
    expect(await dc.priorities()).toEqual([50, 100, 100])
    const old = await dc.untilHealthy()
    const { from } = await switchover(named())
    expect(from).toBe(`${old.host}:6379`)
    expect((await dc.untilHealthy()).host).not.toBe(old.host)
    expect(await dc.priorities()).toEqual([50, 100, 100])
  })

  // INV-OPERATIONS-2.
  it('has one operation at a time, also when the other one is of another file or machine', async () => {
    const dataCentre = await openSite({ ...place, dataCentre: 'dc1' })
    await exclusively(dataCentre, 'rotation of passwords', async () => {
      await expect(switchover({ stateDir: dc.stateDir })).rejects.toMatchObject({
        code: 'BUSY',
        message: expect.stringMatching(/: rotation of passwords, since 20\d\d-.*Z \(process \d+ on \S+\)/),
      })
      // A Sentinel that comes back is told again: the others do not need to know.
      for (const name of ['sentinel-1', 'sentinel-2', 'sentinel-3']) await dc.control.restart(name)
      await dc.untilHealthy()
      await eventually(() =>
        expect(switchover({ stateDir: dc.stateDir })).rejects.toMatchObject({ code: 'BUSY' }),
      )
    })
    const { from, to } = await switchover({ stateDir: dc.stateDir })
    expect(to).not.toBe(from)
  })

  it('is upgraded by a person who restarts what is asked for', async () => {
    await dc.untilHealthy()
    const asked: string[] = []
    const report = await upgrade({
      ...named(),
      host: 'data-2',
      onProgress: ({ command, process }) => {
        if (command === null || process === null) return
        asked.push(command)
        dc.control.restart(process.replace('@data', '')).catch((error: unknown) => asked.push(String(error)))
      },
    })
    expect(asked).toEqual([
      'on data-2: systemctl restart holdfast-sentinel.service',
      'on data-2: systemctl restart holdfast-redis.service',
    ])
    expect(report.restarted.map(({ name }) => name)).toEqual(['sentinel@data-2', 'redis@data-2'])
  })

  it('is upgraded by a command, whose failure is told and can be mended by a second run', async () => {
    await dc.untilHealthy()
    const log = join(folder, 'asked')
    const failing = upgrade({
      ...named(),
      only: 'sentinel',
      restartCommand: 'echo no way to {host} >&2; exit 7',
    })
    await expect(failing).rejects.toMatchObject({
      code: 'UPGRADE_FAILED',
      message: expect.stringMatching(/exit code 7\. Its output: no way to data-1 Nothing was restarted\./),
    })
    const socket = join(dc.stateDir, 'control.sock')
    const restart = `number=$(echo {host} | cut -d- -f2); echo {address} {unit} >> ${log}; curl -sS -X POST --unix-socket ${socket} http://control/processes/sentinel-$number/restart`
    const report = await upgrade({ ...named(), only: 'sentinel', restartCommand: restart })
    expect(report.restarted).toHaveLength(3)
    expect((await readFile(log, 'utf8')).trim().split('\n')).toEqual([
      `${NETWORK}.11 holdfast-sentinel.service`,
      `${NETWORK}.12 holdfast-sentinel.service`,
      `${NETWORK}.13 holdfast-sentinel.service`,
    ])
  })
})
