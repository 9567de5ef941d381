import { setTimeout as sleep } from 'node:timers/promises'
import type { NodeAddress } from '@holdfast/tokens/redis'
import type { Sentinels } from '../redis/sentinels.ts'
import type { Topology } from '../topology/topology.ts'

/**
 * Periods that a Sentinel takes only at run time, by `SENTINEL DEBUG` (in milliseconds; Redis 7.0's own are
 * 10,000, 2000, 1000 and 1000). They make a failover known, and a deposed primary a replica, in about 1 s.
 *
 * `publish-period`: a Sentinel that has not heard of a failover makes a promoted replica a replica again after four
 * of them (sentinelRefreshInstanceInfo), and the leader, which asks once a second, may need 1.2 s to announce it.
 *
 * `ping-period` must not go much below 500: in a failover a replica counts only when its last INFO is younger
 * than five of them, and INFO then comes once a second whatever `info-period` says (sentinel.c,
 * sentinelSelectSlave).
 */
const PERIODS = {
  'info-period': 500,
  'publish-period': 350,
  'ping-period': 500,
  'ask-period': 250,
}

/** The command that gives a Sentinel its periods. */
export const PERIODS_COMMAND: readonly string[] = [
  'SENTINEL',
  'DEBUG',
  ...Object.entries(PERIODS).flatMap(([name, ms]) => [name, String(ms)]),
]

const RETRY_MS = 50
const PATIENCE_MS = 1000

/** Gives a Sentinel that has just started its periods, and the timings of the topology. Rejects when the signal aborts. */
export async function applySentinelSettings(
  sentinels: Sentinels,
  sentinel: NodeAddress,
  { primaryName, timings }: Topology,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      await sentinels.send(sentinel, [[...PERIODS_COMMAND]], PATIENCE_MS)
      const { downAfterMs, failoverTimeoutMs } = await sentinels.answer(sentinel, PATIENCE_MS)
      if (downAfterMs === timings.downAfterMs && failoverTimeoutMs === timings.failoverTimeoutMs) return
      const wanted = [
        ['down-after-milliseconds', String(timings.downAfterMs)],
        ['failover-timeout', String(timings.failoverTimeoutMs)],
      ].flat()
      await sentinels.send(sentinel, [['SENTINEL', 'SET', primaryName, ...wanted]], PATIENCE_MS)
    } catch {
      // It is still starting; or it has died, then the signal aborts.
    }
    await sleep(RETRY_MS, undefined, { signal })
  }
}
