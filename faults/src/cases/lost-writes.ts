import { FAST_STOCK_PERIODS } from '../data-centre/config.ts'
import { until } from '../data-centre/until.ts'
import { APP_HOSTS, type DataHost } from '../hosts/places.ts'
import { SAFETY_ONLY } from '../schedule/promise.ts'
import type { FaultCase, Stage } from './case.ts'

/** The ways in which Redis and Sentinel lose acknowledged writes. */

const CONTROLS = ['plain-wait', 'connect-redis'] as const
const base = { timings: FAST_STOCK_PERIODS, promises: SAFETY_ONLY, madeFor: CONTROLS }

const isPrimary = (stage: Stage, host: DataHost) =>
  until(`${host} is primary`, () => stage.site.dataCentre.isPrimary(host))

/**
 * Without this cut, the applications would notice the promotion before Sentinel re-points the old primary's other
 * replica.
 */
const hideFromApplications = (stage: Stage, host: DataHost) =>
  stage.cut({ where: `applications and ${host}`, from: APP_HOSTS, to: [host] })

/** Cuts the link so that only one replica gets the writes of the primary. */
const leaveBehind = (stage: Stage, host: DataHost) =>
  stage.cut({ where: `a to ${host}`, from: ['a'], to: [host], oneWay: true })

/** The primary dies, and Sentinel elects `behind` although another replica has more data. */
async function electOneBehind(
  stage: Stage,
  { stallOther = true, withApplication = false } = {},
): Promise<void> {
  await stage.site.dataCentre.prefer('c')
  const cut = await leaveBehind(stage, 'c')
  await stage.pause(2500)
  const [dead, application] = await Promise.all([
    stage.inject('kill-redis', { role: 'a' }),
    withApplication ? stage.inject('kill-app', { app: 'app1' }) : null,
  ])
  const stalled = stallOther ? await stage.inject('pause-redis', { role: 'b' }) : null
  await isPrimary(stage, 'c')
  await stage.pause(1000)
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
    play: async (stage) => {
      await stage.site.dataCentre.prefer('b')
      await hideFromApplications(stage, 'b')
      const hung = await stage.inject('pause-redis', { role: 'a' })
      await isPrimary(stage, 'b')
      await hung.end()
      await stage.pause(3000)
    },
  },
  {
    ...base,
    name: 'A-script',
    summary: 'a Lua script blocks the primary for longer than down-after',
    play: async (stage) => {
      await stage.site.dataCentre.prefer('b')
      await hideFromApplications(stage, 'b')
      const busy = await stage.inject('busy-script', { role: 'a' })
      await busy.end()
      await stage.pause(3000)
    },
  },
  {
    ...base,
    name: 'B',
    summary:
      'the primary, one replica, one Sentinel and two application hosts are cut from the rest; the cut separates Redis from Sentinel on one host',
    play: async (stage) => {
      await stage.cut({
        where: '{a, c, sa, app1, app2} and {b, sb, sc, app3}',
        from: ['a', 'c', 'sa', 'app1', 'app2'],
        to: ['b', 'sb', 'sc', 'app3'],
      })
      await isPrimary(stage, 'b')
      await stage.pause(4000)
    },
  },
  {
    ...base,
    name: 'C',
    summary:
      'one replica falls behind; the primary is killed, the up-to-date replica hangs, and Sentinel promotes the one behind',
    longWarmUp: true,
    play: (stage) => electOneBehind(stage),
  },
  {
    ...base,
    name: 'D',
    summary:
      'the primary is killed, and Sentinel promotes the replica with less data although the other one is reachable (by priority)',
    longWarmUp: true,
    play: (stage) => electOneBehind(stage, { stallOther: false }),
  },
  {
    ...base,
    name: 'C-application-dies',
    summary:
      'as C, but the application that wrote is killed with the primary; only the other applications can replay its writes',
    longWarmUp: true,
    play: (stage) => electOneBehind(stage, { withApplication: true }),
  },
  {
    ...base,
    name: 'F',
    summary: 'SENTINEL FAILOVER under load; the applications notice it late',
    play: async (stage) => {
      await stage.site.dataCentre.prefer('b')
      await hideFromApplications(stage, 'b')
      const asked = await stage.inject('sentinel-failover')
      await isPrimary(stage, 'b')
      await asked.end()
      await stage.pause(3000)
    },
  },
]
