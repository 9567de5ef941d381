import { setTimeout as sleep } from 'node:timers/promises'
import { formatAddress } from '@holdfast/tokens/redis'
import type { AnyDataCentre } from '../operate/open.ts'
import type { Sentinels } from '../redis/sentinels.ts'
import { sentinelAddress } from '../topology/topology.ts'
import { stopIfAborted } from './abort.ts'
import { collect } from './collect/collect.ts'
import { whyNotReset } from './objections/reset.ts'

const PATIENCE_MS = 2000
const LOOK_AGAIN_MS = 250
/** Until a Sentinel knows all again. With stock periods it asks the primary every 10 s (FACT-29). */
const KNOWS_AGAIN_MS = 30_000

/**
 * Lets every Sentinel forget the replicas and Sentinels that it knows, one Sentinel after the other: the next one
 * only when the last one knows all that were planned, and nobody else. So two always know each other, and a
 * failover stays possible.
 *
 * Throws an `Error` with the reason, before anything is changed, when it is not safe; or when a Sentinel does not come
 * to know exactly those that were planned.
 */
export async function resetSentinels(
  dataCentre: AnyDataCentre,
  sentinels: Sentinels,
  signal?: AbortSignal,
): Promise<void> {
  const { topology } = dataCentre
  const others = topology.dataHosts.length - 1
  for (const host of topology.dataHosts) {
    const reason = whyNotReset(await collect(dataCentre))
    if (reason !== null) throw new Error(reason)
    stopIfAborted(signal)
    const sentinel = sentinelAddress(host)
    await sentinels.send(sentinel, [['SENTINEL', 'RESET', topology.primaryName]], PATIENCE_MS)
    const untilMs = performance.now() + KNOWS_AGAIN_MS
    for (;;) {
      await sleep(LOOK_AGAIN_MS)
      stopIfAborted(signal)
      const { knownReplicas, knownSentinels } = await sentinels.answer(sentinel, PATIENCE_MS)
      if (knownReplicas === others && knownSentinels === others) break
      if (performance.now() > untilMs) {
        throw new Error(
          `${formatAddress(sentinel)} knows ${knownReplicas} replicas and ${knownSentinels} Sentinels ${KNOWS_AGAIN_MS / 1000} s after its reset. Does one of those that it should forget still run?`,
        )
      }
    }
  }
}
