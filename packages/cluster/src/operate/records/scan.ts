import { RECORD_KEY_PATTERN, type RecordEntry } from '@holdfast/tokens/records'
import type { NodeAddress, Reply } from '@holdfast/tokens/redis'
import type { Nodes } from '../../redis/nodes.ts'

/** Keys that Redis looks at in one step: well under a millisecond of its time. */
const KEYS_A_STEP = '500'
const PATIENCE_MS = 5000

/**
 * All records of one node, in steps. A record that is there from the beginning to the end comes at least once; one
 * that comes or goes meanwhile may be missed; one may come twice (https://redis.io/docs/latest/commands/scan/).
 * Throws what `Connection` throws.
 */
export async function* scanRecords(nodes: Nodes, address: NodeAddress): AsyncGenerator<RecordEntry[]> {
  let cursor = '0'
  do {
    const scan = ['SCAN', cursor, 'MATCH', RECORD_KEY_PATTERN, 'COUNT', KEYS_A_STEP]
    const [reply] = await nodes.send(address, [scan], PATIENCE_MS)
    const [next, found] = itemsOf(reply)
    cursor = String(next)
    const keys = itemsOf(found).map(String)
    if (keys.length === 0) continue
    const [values] = await nodes.send(address, [['MGET', ...keys]], PATIENCE_MS)
    const entries = itemsOf(values).flatMap((bytes, place) => {
      const key = keys[place]
      return key !== undefined && Buffer.isBuffer(bytes) ? [{ key, bytes }] : []
    })
    if (entries.length > 0) yield entries
  } while (cursor !== '0')
}

const itemsOf = (reply: Reply | undefined): Reply[] => (Array.isArray(reply) ? reply : [])
