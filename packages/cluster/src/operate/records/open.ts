import { StoreUnavailableError } from '@holdfast/tokens'
import { createRecordStore, type RecordEntry, type RecordStore } from '@holdfast/tokens/records'
import { formatAddress } from '@holdfast/tokens/redis'
import { ClusterError } from '../../errors.ts'
import { Nodes } from '../../redis/nodes.ts'
import type { GroupAccess } from '../../state/open.ts'
import { storeOptions } from '../../state/store-options.ts'
import { redisAddress } from '../../topology/topology.ts'
import { scanRecords } from './scan.ts'

/** Deadline of a question. */
const PATIENCE_MS = 2000

/** The records of a running data centre, to be read and merged. INV-OPERATIONS-17. */
export interface OpenRecords {
  store: RecordStore
  /**
   * All records of the primary, in steps. Throws `PRIMARY_CHANGED` when the primary changed meanwhile: then the
   * records were not those of one history.
   */
  scan(): AsyncGenerator<RecordEntry[]>
}

/**
 * Opens the records for `work`, and closes them. Before it begins, the primary has been told all that was ever
 * acknowledged. Throws as {@link RecordStore.ready}, and what `work` throws.
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
  // Again: encrypting may have kept the process busy for seconds.
  await ready()
  const { primary } = store.status()
  const address = topology.dataHosts.map(redisAddress).find((node) => formatAddress(node) === primary)
  if (address === undefined)
    throw new StoreUnavailableError('No primary is known at present. Try again in a moment.')
  const historyOf = async () => (await nodes.view(address, PATIENCE_MS)).replid
  const history = await historyOf()
  yield* scanRecords(nodes, address)
  // It could still acknowledge a write, so nobody else can have.
  await ready()
  if (store.status().primary !== primary || (await historyOf()) !== history) {
    throw new ClusterError(
      'PRIMARY_CHANGED',
      `The primary ${primary} was replaced or restarted while its sessions were read. Run it again.`,
    )
  }
}
