import { quorumOf } from '../../topology/topology.ts'
import { answering, type Snapshot } from '../snapshot.ts'

/** A write waits for so long by default (`writeTimeoutMs` of the store, in milliseconds). */
export const CLIENTS_WAIT_MS = 30_000
/** From the agreement that the primary is down until its successor takes writes (1 to 3 s, FACT-17; in milliseconds). */
const ELECTION_MS = 5000

/** How long a failover of a hung primary takes with the Sentinels' present timings: when enough of them hold it down. */
export function failoverTakesMs({ sentinels, topology }: Snapshot): number {
  const waits = answering(sentinels).map(({ facts }) => facts.downAfterMs)
  const decisive = waits.sort((one, other) => one - other)[quorumOf(topology) - 1]
  return decisive === undefined ? 0 : decisive + ELECTION_MS
}
