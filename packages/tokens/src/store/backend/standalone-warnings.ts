import { formatAddress, type NodeAddress } from '../../redis/address.ts'
import type { Node } from '../../redis/node.ts'

const TIMEOUT_MS = 1000
const TYPE = 'HoldfastWarning'

/** Warns about the guarantees that a single Redis without replicas does not give. */
export function warnOfStandalone(address: NodeAddress): void {
  process.emitWarning(
    `Sessions are kept by one Redis, ${formatAddress(address)}, without replicas: logins are lost with it, and what ` +
      'its disk lacks after a crash is lost or undone, logouts too. Use three Redis and three Sentinels in production.',
    { type: TYPE, code: 'HOLDFAST_STANDALONE' },
  )
}

/** Warns if the Redis has no append-only file: its last snapshot may be an hour old. Ignores a failed query. */
export async function warnWithoutAof(node: Node | null): Promise<void> {
  const info = await node?.read(['INFO', 'persistence'], TIMEOUT_MS).catch(() => null)
  if (node === null || !/^aof_enabled:0/m.test(String(info))) return
  process.emitWarning(
    `The Redis ${node.address} has no append-only file: a crash undoes every login and logout since its last snapshot. ` +
      'Set `appendonly yes`.',
    { type: TYPE, code: 'HOLDFAST_NO_AOF' },
  )
}
