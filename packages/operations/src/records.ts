import type { GroupAccess } from '@holdfast/agent/redis/access'
import { Nodes } from '@holdfast/agent/redis/nodes'
import { storeOptions } from '@holdfast/local/state/store-options'
import { ClusterError } from '@holdfast/site/errors'
import { redisAddress } from '@holdfast/site/topology/topology'
import { StoreUnavailableError } from '@holdfast/tokens'
import {
  createRecordStore,
  RECORD_KEY_PATTERN,
  type RecordEntry,
  type RecordStore,
} from '@holdfast/tokens/records'
import { formatAddress, type NodeAddress, type Reply } from '@holdfast/tokens/redis'

/** Deadline of one command (in milliseconds). */
const COMMAND_TIMEOUT_MS = 2000

/** The records of a running data centre, for reading and merging. INV-OPERATIONS-17. */
export interface OpenRecords {
  store: RecordStore
  /**
   * All records of the primary, in steps. Throws `PRIMARY_CHANGED` when the primary changed meanwhile, so that the records
   * are not those of a single history.
   */
  scan(): AsyncGenerator<RecordEntry[]>
}

/**
 * Opens the records for `work`, and closes them afterwards. Before `work` runs, everything that was acknowledged has been
 * replayed to the primary. Throws as {@link RecordStore.ready}, and what `work` throws.
 */
export async function withRecords<T>(
  access: GroupAccess,
  signal: AbortSignal | undefined,
  work: (records: OpenRecords) => Promise<T>,
): Promise<T> {
  const store = createRecordStore(storeOptions(access))
  const nodes = new Nodes(access)
  const ready = () => store.ready(signal === undefined ? {} : { signal })
  try {
    await ready()
    return await work({ store, scan: () => scanPrimary(access, store, nodes, ready) })
  } finally {
    nodes.close()
    await store.close()
  }
}

async function* scanPrimary(
  { topology }: GroupAccess,
  store: RecordStore,
  nodes: Nodes,
  ready: () => Promise<void>,
): AsyncGenerator<RecordEntry[]> {
  // Again, because encrypting may have blocked the process for seconds.
  await ready()
  const { primary } = store.status()
  const address = topology.dataHosts.map(redisAddress).find((node) => formatAddress(node) === primary)
  if (address === undefined)
    throw new StoreUnavailableError('No primary is known at present. Try again in a moment.')
  const historyOf = async () => (await nodes.view(address, COMMAND_TIMEOUT_MS)).replid
  const history = await historyOf()
  yield* scanRecords(nodes, address)
  // This primary can still acknowledge writes, so that no other one has.
  await ready()
  if (store.status().primary !== primary || (await historyOf()) !== history) {
    throw new ClusterError(
      'PRIMARY_CHANGED',
      `The primary ${primary} was replaced or restarted while its sessions were read. Run the command again.`,
    )
  }
}

/** Keys that Redis scans in one step, in well under a millisecond. */
const KEYS_PER_STEP = '500'
const SCAN_TIMEOUT_MS = 5000

/**
 * All records of one node, in steps. A record that exists from the beginning to the end is returned at least once, perhaps
 * twice; one that is added or removed meanwhile may be missed (https://redis.io/docs/latest/commands/scan/).
 * Throws what `Connection` throws.
 */
async function* scanRecords(nodes: Nodes, address: NodeAddress): AsyncGenerator<RecordEntry[]> {
  let cursor = '0'
  do {
    const scan = ['SCAN', cursor, 'MATCH', RECORD_KEY_PATTERN, 'COUNT', KEYS_PER_STEP]
    const [reply] = await nodes.send(address, [scan], SCAN_TIMEOUT_MS)
    const [next, found] = itemsOf(reply)
    cursor = String(next)
    const keys = itemsOf(found).map(String)
    if (keys.length === 0) continue
    const [values] = await nodes.send(address, [['MGET', ...keys]], SCAN_TIMEOUT_MS)
    const entries = itemsOf(values).flatMap((bytes, place) => {
      const key = keys[place]
      return key !== undefined && Buffer.isBuffer(bytes) ? [{ key, bytes }] : []
    })
    if (entries.length > 0) yield entries
  } while (cursor !== '0')
}

const itemsOf = (reply: Reply | undefined): Reply[] => (Array.isArray(reply) ? reply : [])
