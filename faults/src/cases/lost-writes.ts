import { FAST_STOCK_PERIODS } from '../data-centre/config.ts'
import { until } from '../data-centre/until.ts'
import { APP_HOSTS, type DataHost } from '../hosts/places.ts'
import { SAFETY_ONLY } from '../schedule/promise.ts'
import type { CaseContext, FaultCase } from './case.ts'

/** The ways in which Redis and Sentinel lose acknowledged writes. */

const CONTROLS = ['plain-wait', 'connect-redis'] as const
const base = { timings: FAST_STOCK_PERIODS, promises: SAFETY_ONLY, failingControls: CONTROLS }

const isPrimary = (context: CaseContext, host: DataHost) =>
  until(`${host} is primary`, () => context.testbed.dataCentre.isPrimary(host))

/**
 * Without this cut, the applications would notice the promotion before Sentinel re-points the old primary's other
 * replica.
 */
const hideFromApplications = (context: CaseContext, host: DataHost) =>
  context.cut({ where: `applications and ${host}`, from: APP_HOSTS, to: [host] })

/** Cuts the link so that only one replica gets the writes of the primary. */
const cutReplicationTo = (context: CaseContext, host: DataHost) =>
  context.cut({ where: `a to ${host}`, from: ['a'], to: [host], oneWay: true })

/** The primary dies, and Sentinel elects `behind` although another replica has more data. */
async function electReplicaWithLessData(
  context: CaseContext,
  { stallOther = true, withApplication = false } = {},
): Promise<void> {
  await context.testbed.dataCentre.prefer('c')
  const cut = await cutReplicationTo(context, 'c')
  await context.pause(2500)
  const [dead, application] = await Promise.all([
    context.inject('kill-redis', { role: 'a' }),
    withApplication ? context.inject('kill-app', { app: 'app1' }) : null,
  ])
  const stalled = stallOther ? await context.inject('pause-redis', { role: 'b' }) : null
  await isPrimary(context, 'c')
  await context.pause(1000)
  await stalled?.end()
  await cut.end()
  await dead.end()
  await application?.end()
}

export const LOST_WRITES: readonly FaultCase[] = [
  {
    ...base,
    name: 'A',
    summary:
      'the primary hangs and a replica is promoted; the old primary resumes before its other replica is re-pointed',
    run: async (context) => {
      await context.testbed.dataCentre.prefer('b')
      await hideFromApplications(context, 'b')
      const hung = await context.inject('pause-redis', { role: 'a' })
      await isPrimary(context, 'b')
      await hung.end()
      await context.pause(3000)
    },
  },
  {
    ...base,
    name: 'A-script',
    summary: 'a Lua script blocks the primary for longer than down-after',
    run: async (context) => {
      await context.testbed.dataCentre.prefer('b')
      await hideFromApplications(context, 'b')
      const busy = await context.inject('busy-script', { role: 'a' })
      await busy.end()
      await context.pause(3000)
    },
  },
  {
    ...base,
    name: 'B',
    summary:
      'the primary, one replica, one Sentinel and two application hosts are cut from the rest; the cut separates Redis from Sentinel on one host',
    run: async (context) => {
      await context.cut({
        where: '{a, c, sa, app1, app2} and {b, sb, sc, app3}',
        from: ['a', 'c', 'sa', 'app1', 'app2'],
        to: ['b', 'sb', 'sc', 'app3'],
      })
      await isPrimary(context, 'b')
      await context.pause(4000)
    },
  },
  {
    ...base,
    name: 'C',
    summary:
      'one replica falls behind; the primary is killed, the up-to-date replica hangs, and Sentinel promotes the one behind',
    longWarmUp: true,
    run: (context) => electReplicaWithLessData(context),
  },
  {
    ...base,
    name: 'D',
    summary:
      'the primary is killed, and Sentinel promotes the replica with less data although the other one is reachable (by priority)',
    longWarmUp: true,
    run: (context) => electReplicaWithLessData(context, { stallOther: false }),
  },
  {
    ...base,
    name: 'C-application-dies',
    summary:
      'as C, but the application that wrote is killed with the primary; only the other applications can replay its writes',
    longWarmUp: true,
    limitOfProxy:
      'A proxy that dies with the primary takes its journal with it. No other proxy has heard its writes.',
    run: (context) => electReplicaWithLessData(context, { withApplication: true }),
  },
  {
    ...base,
    name: 'F',
    summary: 'SENTINEL FAILOVER under load; the applications notice it late',
    run: async (context) => {
      await context.testbed.dataCentre.prefer('b')
      await hideFromApplications(context, 'b')
      const asked = await context.inject('sentinel-failover')
      await isPrimary(context, 'b')
      await asked.end()
      await context.pause(3000)
    },
  },
]
