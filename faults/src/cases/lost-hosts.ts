import { FAST_STOCK_PERIODS } from '../data-centre/config.ts'
import type { FaultName } from '../faults/catalog.ts'
import type { Target } from '../faults/fault.ts'
import { ALL_PROMISES, SAFETY_ONLY } from '../schedule/promise.ts'
import type { FaultCase } from './case.ts'

/**
 * One host is dead, hung or isolated; of five hosts, two. The product must not lose anything, and while one host is lost,
 * users must not see an error.
 */

function oneHostCase(
  name: string,
  summary: string,
  fault: FaultName,
  { durationMs = 5000, role = 'primary' as Target['role'], app = 'app1' as Target['app'] } = {},
): FaultCase {
  // Without the primary, connect-redis shows errors or loses logins. When another host fails, it may survive.
  const failingControls = role === 'primary' && durationMs > 2500 ? (['connect-redis'] as const) : []
  return {
    name,
    summary,
    longWarmUp: true,
    promises: ALL_PROMISES,
    failingControls,
    run: async (context) => {
      await context.during(fault, durationMs, { role, app })
      await context.pause(3000)
    },
  }
}

export const LOST_HOSTS: readonly FaultCase[] = [
  oneHostCase('kill-primary', 'the primary is killed', 'kill-redis'),
  {
    ...oneHostCase(
      'kill-primary-stock-periods',
      'the primary is killed; the Sentinels use their default periods',
      'kill-redis',
    ),
    timings: FAST_STOCK_PERIODS,
  },
  oneHostCase('pause-primary-1400', 'the primary hangs for slightly less than down-after', 'pause-redis', {
    durationMs: 1400,
  }),
  oneHostCase('pause-primary-1600', 'the primary hangs for slightly more than down-after', 'pause-redis', {
    durationMs: 1600,
  }),
  oneHostCase('pause-primary-15000', 'the primary hangs for 15 s', 'pause-redis', { durationMs: 15_000 }),
  oneHostCase('cut-primary-host', "the primary's host is isolated", 'cut-host'),
  oneHostCase(
    'mute-primary-host',
    "the primary's host receives packets, but its own packets are lost",
    'mute-host',
  ),
  oneHostCase('deaf-primary-host', "the primary's host sends packets, but receives none", 'deaf-host'),
  oneHostCase('kill-primary-host', 'the primary and its Sentinel are killed', 'kill-host'),
  oneHostCase('kill-replica', 'a replica is killed', 'kill-redis', { role: 'replica' }),
  oneHostCase('pause-replica', 'a replica hangs', 'pause-redis', { role: 'replica' }),
  oneHostCase('kill-sentinel', "the primary's Sentinel is killed", 'kill-sentinel', { durationMs: 1400 }),
  {
    name: 'five-nodes',
    summary: 'of five data hosts, the primary host is killed while a replica host hangs',
    nodes: 5,
    longWarmUp: true,
    // Which verifications are answered while two of five hosts are lost: docs/promises.md.
    promises: SAFETY_ONLY,
    failingControls: ['connect-redis'],
    run: async (context) => {
      const dead = await context.inject('kill-host')
      await context.during('pause-host', 5000, { role: 'e' })
      await dead.end()
      await context.pause(3000)
    },
  },
]
