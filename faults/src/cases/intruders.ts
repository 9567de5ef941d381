import { FAST_STOCK_PERIODS } from '../data-centre/config.ts'
import { ALL_PROMISES, SAFETY_ONLY } from '../schedule/promise.ts'
import type { FaultCase } from './case.ts'

/** A foreign replica, and forged messages on the change feed. */
export const INTRUDERS: readonly FaultCase[] = [
  {
    name: 'foreign-replica',
    summary:
      'a replica that no Sentinel knows is attached, and isolated together with the primary and an application host, whose writes it confirms',
    timings: FAST_STOCK_PERIODS,
    longWarmUp: true,
    workload: { verificationsPerSecond: 60 },
    promises: SAFETY_ONLY,
    failingControls: ['plain-wait'],
    run: async (context) => {
      // Every Sentinel has just sent its INFO. It sends the next one in 10 s.
      await context.testbed.dataCentre.recoverQuickly()
      await context.during('foreign-minority', 12_000)
      await context.pause(3000)
    },
  },
  {
    name: 'forged-feed',
    summary: 'a client publishes forged messages on the change feed for 6 s',
    promises: {
      ...ALL_PROMISES,
      logins: false,
      because: 'Any client that may publish on the feed can also delay writes.',
    },
    ofLoginsOnly: true,
    // connect-redis does not have a change feed, and plain-wait reads it as the product does.
    failingControls: [],
    run: async (context) => {
      await context.during('forged-feed', 6000)
      await context.pause(3000)
    },
  },
]
