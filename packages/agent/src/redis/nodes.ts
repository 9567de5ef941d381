import { type Group, redisAddress } from '@holdfast/site/topology/topology'
import {
  type Connection,
  formatAddress,
  type NodeAddress,
  parseReplication,
  type ReplicationView,
  type Reply,
} from '@holdfast/tokens/redis'
import type { GroupAccess } from './access.ts'
import { ConnectionPool, fulfilledValues } from './connection-pool.ts'

/** One Redis and its replication state, as it reports them. */
export interface NodeView extends ReplicationView {
  address: NodeAddress
}

/** Reads a node's reply to `INFO replication`. */
export const readView = (address: NodeAddress, info: Reply | undefined): NodeView => ({
  address,
  ...parseReplication(String(info)),
})

/** The Redis nodes of a data centre, queried as their admin user. */
export class Nodes {
  readonly #topology: Group
  readonly #connections: ConnectionPool

  /** `acceptExpired`: also connect to nodes whose certificates have expired. */
  constructor({ topology, secrets, tls }: GroupAccess, { acceptExpired = false } = {}) {
    this.#topology = topology
    this.#connections = new ConnectionPool({ username: 'admin', password: secrets.admin, tls, acceptExpired })
  }

  /** The views of the nodes that answer within `timeoutMs`. The node at `withoutAddress` is not asked. */
  views(timeoutMs: number, withoutAddress?: string): Promise<NodeView[]> {
    const asked = this.#topology.dataHosts
      .map(redisAddress)
      .filter((node) => formatAddress(node) !== withoutAddress)
    return fulfilledValues(asked.map((node) => this.view(node, timeoutMs)))
  }

  async view(address: NodeAddress, timeoutMs: number): Promise<NodeView> {
    const [info] = await this.send(address, [['INFO', 'replication']], timeoutMs)
    return readView(address, info)
  }

  send(address: NodeAddress, commands: readonly string[][], timeoutMs: number) {
    return this.#connections.send(address, commands, timeoutMs)
  }

  /** Opens a separate connection, which the caller closes. Throws as {@link Connection.open}. */
  open(address: NodeAddress, timeoutMs: number): Promise<Connection> {
    return this.#connections.open(address, timeoutMs)
  }

  /** Uses these credentials for new connections. Open connections stay as they are. */
  renew({ secrets, tls }: Pick<GroupAccess, 'secrets' | 'tls'>): void {
    this.#connections.renew({ password: secrets.admin, tls })
  }

  close(): void {
    this.#connections.close()
  }
}
