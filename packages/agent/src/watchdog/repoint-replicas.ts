import type { NodeAddress } from '@holdfast/tokens/redis'
import type { NodeView } from '../redis/nodes.ts'

export interface RepointOptions {
  sendToNode: (node: NodeAddress, command: string[]) => Promise<unknown>
  log: (event: string, details: Record<string, unknown>) => void
}

/** Points replicas to a promoted replica. Sentinel repoints any replica that does not take the command. */
export async function repointReplicas(
  replicas: readonly NodeView[],
  { address: { host, port } }: NodeView,
  { sendToNode, log }: RepointOptions,
): Promise<void> {
  for (const { address } of replicas) {
    const answer = await sendToNode(address, ['REPLICAOF', host, String(port)]).then(
      () => 'OK',
      (error: unknown) => String(error),
    )
    log('pointed a replica to the promoted one', { replica: address.host, promoted: host, answer })
  }
}
