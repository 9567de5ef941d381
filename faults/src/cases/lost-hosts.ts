import { FAST_STOCK_PERIODS } from '../data-centre/config.ts'
import type { FaultName } from '../faults/alphabet.ts'
import type { Target } from '../faults/fault.ts'
import { ALL_PROMISES } from '../schedule/promise.ts'
import type { FaultCase } from './case.ts'

/** One host is dead, hung or isolated. The product must not lose anything, and users must not see an error. */

function oneHost(
  name: string,
  summary: string,
  fault: FaultName,
  { durationMs = 5000, role = 'primary' as Target['role'], app = 'app1' as Target['app'] } = {},
): FaultCase {
  // Without the primary, connect-redis shows errors or loses logins. When another host fails, it may survive.
  const madeFor = role === 'primary' && durationMs > 2500 ? (['connect-redis'] as const) : []
  return {
    name,
    summary,
    longWarmUp: true,
    promises: ALL_PROMISES,
    madeFor,
    play: async (stage) => {
      await stage.during(fault, durationMs, { role, app })
      await stage.pause(3000)
    },
  }
}

export const LOST_HOSTS: readonly FaultCase[] = [
  oneHost('kill-primary', 'the primary is killed', 'kill-redis'),
  {
    ...oneHost(
      'kill-primary-stock-periods',
      'the primary is killed; the Sentinels use their default periods',
      'kill-redis',
    ),
    timings: FAST_STOCK_PERIODS,
  },
  oneHost('pause-primary-1400', 'the primary hangs for slightly less than down-after', 'pause-redis', {
    durationMs: 1400,
  }),
  oneHost('pause-primary-1600', 'the primary hangs for slightly more than down-after', 'pause-redis', {
    durationMs: 1600,
  }),
  oneHost('pause-primary-15000', 'the primary hangs for 15 s', 'pause-redis', { durationMs: 15_000 }),
  oneHost('cut-primary-host', "the primary's host is isolated", 'cut-host'),
  oneHost(
    'mute-primary-host',
    "the primary's host receives packets, but its own packets are lost",
    'mute-host',
  ),
  oneHost('deaf-primary-host', "the primary's host sends packets, but receives none", 'deaf-host'),
  oneHost('kill-primary-host', 'the primary and its Sentinel are killed', 'kill-host'),
  oneHost('kill-replica', 'a replica is killed', 'kill-redis', { role: 'replica' }),
  oneHost('pause-replica', 'a replica hangs', 'pause-redis', { role: 'replica' }),
  oneHost('kill-sentinel', "the primary's Sentinel is killed", 'kill-sentinel', { durationMs: 1400 }),
]
