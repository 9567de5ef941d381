import { FAST_STOCK_PERIODS } from '../data-centre/config.ts'
import { ALL_PROMISES, SAFETY_ONLY } from '../schedule/promise.ts'
import type { FaultCase } from './case.ts'

/** Foreign processes and messages, memory full of sessions in use, and more than three nodes. */
export const STRANGERS: readonly FaultCase[] = [
  {
    name: 'foreign-replica',
    summary:
      'a replica that no Sentinel knows is attached, and isolated together with the primary and an application host, whose writes it confirms',
    timings: FAST_STOCK_PERIODS,
    longWarmUp: true,
    workload: { verificationsPerSecond: 60 },
    promises: SAFETY_ONLY,
    madeFor: ['plain-wait'],
    play: async (stage) => {
      // Every Sentinel has just sent its INFO. It sends the next one in 10 s.
      await stage.site.dataCentre.makeWhole()
      await stage.during('foreign-minority', 12_000)
      await stage.pause(3000)
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
    // connect-redis does not have a change feed, and plain-wait reads it as the product does.
    madeFor: [],
    play: async (stage) => {
      await stage.during('forged-feed', 6000)
      await stage.pause(3000)
    },
  },
  {
    name: 'full-memory-in-use',
    summary:
      'every Redis has reached maxmemory for 12 s while users keep sessions in use whose idle lifetime is 4 s',
    workload: {
      mix: { issue: 12, touch: 75, update: 0, rotate: 0, revoke: 9, 'revoke-subject': 2, list: 2 },
      shortLivedShare: 1,
      writesPerSecond: 24,
    },
    promises: { ...SAFETY_ONLY, verifications: true, because: 'Logins are refused while memory is full.' },
    madeFor: ['plain-wait'],
    play: async (stage) => {
      await stage.during('full-memory', 12_000)
      await stage.pause(2000)
    },
  },
  {
    name: 'five-nodes',
    summary: 'of five data hosts, the primary host is killed while a replica host hangs',
    nodes: 5,
    longWarmUp: true,
    promises: { ...SAFETY_ONLY, verifications: true },
    madeFor: ['connect-redis'],
    play: async (stage) => {
      const dead = await stage.inject('kill-host')
      await stage.during('pause-host', 5000, { role: 'e' })
      await dead.end()
      await stage.pause(3000)
    },
  },
]
