import { fieldOfPrimary, hasChosen } from '../data-centre/ask.ts'
import { FAST_STOCK_PERIODS } from '../data-centre/config.ts'
import { until } from '../data-centre/until.ts'
import {
  APP_HOSTS,
  addressOf,
  DATA_HOSTS,
  type DataHost,
  SENTINEL_PLACES,
  type SentinelPlace,
  sentinelOf,
} from '../hosts/places.ts'
import { SAFETY_ONLY } from '../schedule/promise.ts'
import { USUAL_MIX } from '../schedule/workload.ts'
import type { FaultCase } from './case.ts'

/** Whether a Sentinel has finished its part of the failover, and watches this host. */
const watches = async (sentinel: SentinelPlace, host: DataHost): Promise<boolean> =>
  (await fieldOfPrimary(sentinel, 'ip')) === addressOf(host)

/** The host of the Sentinel that has chosen a replica to promote. Throws when no Sentinel has chosen one. */
async function findPromotingHost(): Promise<DataHost> {
  for (const host of DATA_HOSTS) if (await hasChosen(sentinelOf(host))) return host
  throw new Error('No Sentinel has chosen a replica to promote.')
}

/** Problems that seeds have found. Each script steers the run so that it meets the problem every time. */
export const REGRESSIONS: readonly FaultCase[] = [
  {
    name: 'back-during-failover',
    summary:
      'the primary is killed and restarts as primary during its failover; until the failover ends, the leading Sentinel announces the old address with the new epoch',
    longWarmUp: true,
    promises: SAFETY_ONLY,
    failingControls: ['plain-wait', 'connect-redis'],
    run: async (context) => {
      await context.testbed.dataCentre.prefer('b')
      // Without this cut, the applications mostly see the promoted Redis first, and the window is a few milliseconds.
      await context.cut({ where: 'applications and b', from: APP_HOSTS, to: ['b'] })
      const dead = await context.inject('kill-redis', { role: 'a' })
      await until('a failover has active', () => context.testbed.dataCentre.isFailingOver())
      await dead.end()
      await context.pause(4000)
    },
  },
  {
    name: 'elected-again',
    summary:
      'a deposed primary is elected again before any Sentinel has demoted it; its isolated successor keeps the other replica and looks like the newer primary',
    timings: FAST_STOCK_PERIODS,
    promises: SAFETY_ONLY,
    failingControls: ['plain-wait', 'connect-redis'],
    run: async (context) => {
      const { dataCentre } = context.testbed
      await dataCentre.prefer('b')
      const cutOff = await context.inject('cut-host', { role: 'a' })
      await until('b is primary', () => dataCentre.isPrimary('b'))
      await cutOff.end()
      for (const sentinel of SENTINEL_PLACES)
        await until('all Sentinels watch b', () => watches(sentinel, 'b'))
      const parted = await context.cut({
        where: '{b, c, sb} and the rest',
        from: ['b', 'c', 'sb'],
        to: ['a', 'sa', 'sc', ...APP_HOSTS],
      })
      await until('the other Sentinels name a', () => watches('sc', 'a'))
      await parted.end()
      // The server app3 misses the writes of this time. The slow link then delays the replay of the writes that are
      // lost.
      await context.during('cut-app', 1900, { app: 'app3' })
      await context.inject('slow-host', { role: 'a' }, 0.07)
      await until('b is a replica', async () => !(await dataCentre.isPrimary('b')))
      await context.pause(5000)
    },
  },
  {
    name: 'unannounced-promotion',
    summary:
      'the primary hangs; the leading Sentinel is paused after it has promoted a replica, and the primary resumes; the other Sentinels would demote the promoted replica',
    watchdogs: true,
    longWarmUp: true,
    promises: SAFETY_ONLY,
    failingControls: ['connect-redis'],
    run: async (context) => {
      const { dataCentre } = context.testbed
      await dataCentre.prefer('b')
      const hung = await context.inject('pause-redis', { role: 'a' })
      await until('b is primary', () => dataCentre.isPrimary('b'))
      const leader = await findPromotingHost()
      const still = await context.inject('pause-sentinel', { role: leader })
      await hung.end()
      await context.pause(8000)
      await still.end()
      await context.pause(4000)
    },
  },
  {
    // INV-TOKENS-24.
    name: 'late-logout-of-all',
    summary:
      'each application host loses the primary for 1.7 s while users end all their sessions; a command from before the cut arrives after it, when the user has logged in again',
    workload: { mix: { ...USUAL_MIX, 'revoke-subject': 40 }, subjects: 12, writesPerSecond: 24 },
    promises: SAFETY_ONLY,
    failingControls: [],
    run: async (context) => {
      for (let round = 0; round < 2; round++) {
        for (const app of APP_HOSTS) {
          await context.during('cut-app-from-primary', 1700, { app })
          await context.pause(1000)
        }
      }
    },
  },
]
