import { ALL_PROMISES, SAFETY_ONLY } from '../schedule/promise.ts'
import type { FaultCase } from './case.ts'

/** What plain Redis clients meet, and login tokens do not: writes that must not be done twice. */
export const PROXIES: readonly FaultCase[] = [
  {
    name: 'late-bytes',
    summary:
      'an application host is cut from the primary for 5 s, five times; its kernel sends what abandoned connections still hold when the cut ends',
    promises: SAFETY_ONLY,
    failingControls: ['proxy-without-guard'],
    run: async (context) => {
      for (let cut = 0; cut < 5; cut++) {
        await context.during('cut-app-from-primary', 5000, { app: 'app1' })
        await context.pause(2500)
      }
    },
  },
  {
    name: 'killed-again',
    summary: 'the primary is killed; once the data centre is healthy again, the next primary is killed too',
    promises: ALL_PROMISES,
    failingControls: ['connect-redis', 'sentinel-client'],
    run: async (context) => {
      await context.during('kill-redis', 4000)
      await context.testbed.dataCentre.waitUntilHealthy()
      await context.during('kill-redis', 4000)
    },
  },
]
