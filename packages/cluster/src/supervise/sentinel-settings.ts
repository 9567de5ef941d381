import { setTimeout as sleep } from 'node:timers/promises'
import type { NodeAddress } from '@holdfast/tokens/redis'
import type { Sentinels } from '../redis/sentinels.ts'
import type { Topology } from '../topology/topology.ts'

/**
 * Periods that a Sentinel takes only at run time, by `SENTINEL DEBUG` (in milliseconds; Redis 7.0's own are
 * 10,000, 2000 and 1000). They make a promotion known in about 1 s, and a deposed primary a replica in 4 to 5 s.
 *
 * `publish-period`: a Sentinel that has not heard of a failover makes a promoted replica a replica again after four
 * of them, while the old primary answers. The leader, which asks once a second, announces it
 * after 1.2 s, or when it goes on again (FACT-22, FACT-27). Within those 4 s
 * the watchdog has seen the promotion, and lengthens them (see `watchSuccession`).
 *
 * `ping-period` must not go much below 500: in a failover a replica counts only when its last INFO is younger
 * than five of them, and INFO then comes once a second whatever `info-period` says
 * (FACT-19).
 *
 * `ask-period` stays as it is, 1000: a Sentinel that finds the primary down asks the others at once, and asking more
 * often only makes two of them begin an election at the same moment (FACT-26).
 *
 * `tilt-period` (Redis 7.0's own is 30,000): a Sentinel that stood still for 2 s, or whose clock jumped, decides nothing for
 * so long, so that what it knew from before the pause is replaced first. While all Sentinels wait, no dead primary is
 * replaced and a failover that was asked for stands still. In 1 s each node is sent two pings and two INFO, so an answer
 * from after the pause is there. An answer that is lost meanwhile costs a needless vote at most: with both `down-after`
 * (1500 and 10,000), a node is down only after a ping that was not answered for as long, and two Sentinels must say so. A
 * leader in TILT goes on with its old failover when TILT ends, whenever that is: a later end only makes it staler.
 * Redis 7.0 to 8 and Valkey take the setting also while TILT lasts (FACT-28).
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

/** The command that gives a Sentinel its periods. */
export const PERIODS_COMMAND = debug(SENTINEL_PERIODS)

/** The command that keeps one from undoing a promotion of which it has not heard for four minutes. */
export const PATIENT_COMMAND = debug({ 'publish-period': 60_000 })

const RETRY_MS = 50
const PATIENCE_MS = 1000

/**
 * Gives a Sentinel that has just started its periods, and the timings of the topology. Rejects when the signal aborts.
 * INV-AGENT-17.
 */
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
