import type { NodeAddress } from '@holdfast/tokens/redis'
import type { NodeView } from '../redis/nodes.ts'

export interface FollowOptions {
  tellNode: (node: NodeAddress, command: string[]) => Promise<unknown>
  log: (event: string, details: Record<string, unknown>) => void
}

/** Makes replicas follow the one that a failover has promoted. One that cannot be told is left to Sentinel. */
export async function pointToPromoted(
  replicas: readonly NodeView[],
  { address: { host, port } }: NodeView,
  { tellNode, log }: FollowOptions,
): Promise<void> {
  for (const { address } of replicas) {
    const answer = await tellNode(address, ['REPLICAOF', host, String(port)]).then(
      () => 'OK',
      (error: unknown) => String(error),
    )
    log('pointed a replica to the promoted one', { replica: address.host, promoted: host, answer })
  }
}
