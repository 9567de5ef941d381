import { setTimeout as sleep } from 'node:timers/promises'
import type { Group } from '@holdfast/site/topology/topology'
import type { NodeAddress } from '@holdfast/tokens/redis'
import type { Sentinels } from '../redis/sentinels.ts'

/**
 * Periods, in milliseconds, that a Sentinel accepts only at run time, with `SENTINEL DEBUG`. The defaults of Redis 7.0 are
 * 10,000, 2000 and 1000. With these periods a promotion is known in about 1 s, and a deposed primary is a replica in 4 to
 * 5 s (FACT-27).
 *
 * `publish-period`: a Sentinel that does not know of a failover makes a promoted replica a replica again after four periods,
 * while the old primary answers (FACT-22). The leader polls once a second and announces the promotion
 * after 1.2 s, or later if it is paused. With 350 (1.4 s), a leader that was paused for 1.5 s was too late. Within
 * the 4 s of four periods the watchdog sees the promotion and lengthens the period (see `demoteReplacedPrimaries`).
 *
 * `ping-period` must not go much below 500. In a failover, a replica counts only when its last INFO is younger than five
 * ping periods, and Sentinel then sends INFO once a second, regardless of `info-period` (FACT-19).
 *
 * `ask-period` keeps its default, 1000. A Sentinel that marks the primary as down asks the others at once; asking more often
 * only makes two Sentinels start an election at the same moment. Measured with a hung primary: with 250, 1 of 120 votes was
 * split and the median was 2.2 s; with 1000, no vote of 120 was split and the median was 2.0 to 2.1 s (FACT-26).
 *
 * `tilt-period` (default 30,000): a Sentinel that was paused for 2 s, or whose clock jumped, decides nothing for this
 * period, so that fresh answers first replace those from before the pause. While all Sentinels are in TILT, no dead primary
 * is replaced, and a requested failover does not progress. In 1 s Sentinel sends two pings and two INFO to each node, so it
 * has an answer from after the pause. A reply lost in that time costs at most a needless vote: with both `down-after`
 * values (1500 and 10,000), a node is down only after that time without a reply to a ping, and two Sentinels must agree. A
 * leader in TILT continues its old failover when TILT ends; a later end only makes that failover more stale. Redis 7.0 to 8
 * and Valkey accept the setting during TILT as well (FACT-28).
 */
export const SENTINEL_PERIODS = {
  'info-period': 500,
  'publish-period': 1000,
  'ping-period': 500,
  'tilt-period': 1000,
}

const debug = (periods: Record<string, number>): readonly string[] => [
  'SENTINEL',
  'DEBUG',
  ...Object.entries(periods).flatMap(([name, ms]) => [name, String(ms)]),
]

/** Sets the periods of a Sentinel. */
export const PERIODS_COMMAND = debug(SENTINEL_PERIODS)

/** Keeps a Sentinel from undoing a promotion that it does not know, for four minutes. */
export const LONG_PUBLISH_PERIOD_COMMAND = debug({ 'publish-period': 60_000 })

const RETRY_INTERVAL_MS = 50
const COMMAND_TIMEOUT_MS = 1000

/**
 * Sets the periods and the planned timings of a Sentinel that has just started. Rejects when the signal aborts.
 * INV-AGENT-17.
 */
export async function applySentinelSettings(
  sentinels: Sentinels,
  sentinel: NodeAddress,
  { primaryName, timings }: Pick<Group, 'primaryName' | 'timings'>,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      await sentinels.send(sentinel, [[...PERIODS_COMMAND]], COMMAND_TIMEOUT_MS)
      const { downAfterMs, failoverTimeoutMs } = await sentinels.answer(sentinel, COMMAND_TIMEOUT_MS)
      if (downAfterMs === timings.downAfterMs && failoverTimeoutMs === timings.failoverTimeoutMs) return
      const wanted = [
        ['down-after-milliseconds', String(timings.downAfterMs)],
        ['failover-timeout', String(timings.failoverTimeoutMs)],
      ].flat()
      await sentinels.send(sentinel, [['SENTINEL', 'SET', primaryName, ...wanted]], COMMAND_TIMEOUT_MS)
    } catch {
      // The Sentinel is still starting. If it has died, the signal aborts.
    }
    await sleep(RETRY_INTERVAL_MS, undefined, { signal })
  }
}
