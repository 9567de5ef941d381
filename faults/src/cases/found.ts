import { ask } from '../data-centre/ask.ts'
import { FAST_STOCK_PERIODS } from '../data-centre/config.ts'
import { until } from '../data-centre/until.ts'
import { PRIMARY_NAME } from '../data-centre/users.ts'
import { APP_HOSTS, addressOf, type DataHost, SENTINEL_PLACES, type SentinelPlace } from '../hosts/places.ts'
import { SAFETY_ONLY } from '../schedule/promise.ts'
import { USUAL_MIX } from '../schedule/workload.ts'
import type { FaultCase } from './case.ts'

/** Until a Sentinel's failover is over for it, too. */
async function watches(sentinel: SentinelPlace, host: DataHost): Promise<boolean> {
  const primary = await ask(sentinel, ['SENTINEL', 'MASTER', PRIMARY_NAME]).catch(() => null)
  return String((primary as Record<string, unknown> | null)?.['ip']) === addressOf(host)
}

/** What seeds have found, steered into so that it is met every time. */
export const FOUND: readonly FaultCase[] = [
  {
    name: 'back-during-failover',
    summary:
      'the primary is killed and comes back, as primary, in the middle of its failover; until its end the leading Sentinel names the old address with the new epoch',
    longWarmUp: true,
    promises: SAFETY_ONLY,
    madeFor: ['plain-wait', 'connect-redis'],
    play: async (stage) => {
      await stage.site.dataCentre.prefer('b')
      // Else the applications mostly see the promoted one first, and the window is a few milliseconds.
      await stage.cut({ where: 'applications and b', from: APP_HOSTS, to: ['b'] })
      const dead = await stage.inject('kill-redis', { role: 'a' })
      await until('a failover has begun', () => stage.site.dataCentre.isFailingOver())
      await dead.end()
      await stage.pause(4000)
    },
  },
  {
    name: 'elected-again',
    summary:
      'the primary is replaced, and elected again before anybody has made it a replica: its successor, cut off meanwhile, keeps the other replica and seems to be the newer one',
    timings: FAST_STOCK_PERIODS,
    promises: SAFETY_ONLY,
    madeFor: ['plain-wait', 'connect-redis'],
    play: async (stage) => {
      const { dataCentre } = stage.site
      await dataCentre.prefer('b')
      const cutOff = await stage.inject('cut-host', { role: 'a' })
      await until('b is primary', () => dataCentre.isPrimary('b'))
      await cutOff.end()
      for (const sentinel of SENTINEL_PLACES) await until('all watch b', () => watches(sentinel, 'b'))
      const parted = await stage.cut({
        where: '{b, c, sb} and the rest',
        from: ['b', 'c', 'sb'],
        to: ['a', 'sa', 'sc', ...APP_HOSTS],
      })
      await until('the other Sentinels name a', () => watches('sc', 'a'))
      await parted.end()
      // It does not hear what is written meanwhile; and what is lost by then is written again slowly.
      await stage.during('cut-app', 1900, { app: 'app3' })
      await stage.inject('slow-host', { role: 'a' }, 0.07)
      await until('b is a replica', async () => !(await dataCentre.isPrimary('b')))
      await stage.pause(5000)
    },
  },
  {
    name: 'late-log-out-of-all',
    summary:
      'applications are cut off from the primary for moments while users end all their sessions: what was sent before the cut arrives after it, when the user has logged in again',
    workload: { mix: { ...USUAL_MIX, 'revoke-subject': 40 }, subjects: 12, writesPerSecond: 24 },
    promises: SAFETY_ONLY,
    madeFor: [],
    play: async (stage) => {
      for (let round = 0; round < 2; round++) {
        for (const app of APP_HOSTS) {
          await stage.during('cut-app-from-primary', 1700, { app })
          await stage.pause(1000)
        }
      }
    },
  },
]
