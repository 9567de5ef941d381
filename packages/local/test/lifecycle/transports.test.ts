import { connect } from 'node:net'
import { examine } from '@holdfast/operations/doctor/examine'
import { switchover } from '@holdfast/operations/switchover/switchover'
import { defaultPlan } from '@holdfast/site/topology/place'
import { tunnelOf } from '@holdfast/site/topology/topology'
import { isThere } from '@holdfast/testing/hosts/programs'
import { leaseNetwork } from '@holdfast/testing/leases'
import { TestDataCentre } from '@holdfast/testing/local/data-centre'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** What a stranger is told at an address who speaks plainly. */
function plainAnswer(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect({ host, port }, () => socket.write('PING\r\n'))
    socket.setTimeout(2000, () => socket.destroy())
    socket.on('data', (bytes) => {
      answer += bytes.toString('latin1')
      // Redis has said all, and would keep the connection.
      if (answer.includes('NOAUTH')) socket.destroy()
    })
    socket.on('error', reject).on('close', () => resolve(answer))
  }).catch((error: NodeJS.ErrnoException) => String(error.code)) as Promise<string>
}

describe.each([
  ['tls', await leaseNetwork()],
  ['stunnel', await leaseNetwork()],
] as const)('a data centre on this machine by %s', (transport, network) => {
  // A machine may have no stunnel: nothing else needs it.
  const canRun = transport !== 'stunnel' || isThere('stunnel')
  let dc: TestDataCentre

  beforeAll(async () => {
    if (!canRun) return
    dc = await TestDataCentre.create({ network, transport })
    await dc.start()
  }, 60_000)

  afterAll(() => dc?.remove())

  // INV-LOCAL-6.
  it.skipIf(!canRun)('is healthy, and the doctor finds only the stand-ins of its gateways', async () => {
    await dc.untilHealthy()
    const { findings } = await examine({ stateDir: dc.stateDir })
    expect(findings.filter(({ subject }) => !/gateway|balancer/.test(subject))).toEqual([])
  })

  it.skipIf(!canRun)(
    'answers no client without encryption where its traffic crosses the network',
    async () => {
      for (const { host, redisPort, sentinelPort } of dc.topology.dataHosts) {
        const { arrival, inside } = tunnelOf(host)
        for (const port of [redisPort, sentinelPort]) {
          // Without a password a plain Redis says NOAUTH: that would be heard.
          const crossing = transport === 'stunnel' ? arrival : host
          expect(await plainAnswer(crossing, port)).not.toContain('NOAUTH')
          // The check can fail: inside of the tunnel it is plain.
          if (transport === 'stunnel') expect(await plainAnswer(inside, port)).toContain('NOAUTH')
        }
      }
    },
    30_000,
  )

  it.skipIf(!canRun)(
    'fails over when its primary is killed, and keeps what was acknowledged',
    async () => {
      const old = await dc.untilHealthy()
      expect(await dc.write('before', 'it')).toBe(true)
      await dc.control.signal(old.name, 'SIGKILL')
      const now = await dc.untilHealthy()
      expect(now.host).not.toBe(old.host)
      expect(await dc.ask(now.host, ['GET', 'before'])).toEqual(['it'])
    },
    60_000,
  )

  it.skipIf(!canRun)(
    'is switched over',
    async () => {
      const old = await dc.untilHealthy()
      const report = await switchover({ stateDir: dc.stateDir })
      expect(report.from).toBe(`${old.host}:6379`)
      expect((await dc.untilHealthy()).host).not.toBe(old.host)
    },
    60_000,
  )

  it.skipIf(!canRun)(
    'starts again with its data, and refuses to start by another transport',
    async () => {
      await dc.untilHealthy()
      await dc.onDisk()
      await dc.stop()
      const plain = defaultPlan({ network, transport: 'plain' })
      await expect(dc.start({ plan: plain })).rejects.toMatchObject({
        code: 'STATE_MISMATCH',
        message: expect.stringContaining(`transport "${transport}", not "plain"`),
      })
      await dc.start()
      const { host } = await dc.untilHealthy()
      expect(await dc.ask(host, ['GET', 'before'])).toEqual(['it'])
    },
    90_000,
  )
})
