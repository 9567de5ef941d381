import { until } from '../data-centre/until.ts'
import { APP_HOSTS } from '../hosts/places.ts'
import { SAFETY_ONLY } from '../schedule/promise.ts'
import { USUAL_MIX } from '../schedule/workload.ts'
import type { FaultCase } from './case.ts'

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
