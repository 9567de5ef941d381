import {
  type Connection,
  formatAddress,
  type NodeAddress,
  parseReplication,
  type ReplicationView,
  type Reply,
} from '@holdfast/tokens/redis'
import type { GroupAccess } from './access.ts'
import { type Group, redisAddress } from '../topology/topology.ts'
import { inTime } from './in-time.ts'
import { Lines } from './lines.ts'

/** One Redis and its part in replication. */
export interface NodeView extends ReplicationView {
  address: NodeAddress
}

/** Reads a node's reply to `INFO replication`. */
export const readView = (address: NodeAddress, info: Reply | undefined): NodeView => ({
  address,
  ...parseReplication(String(info)),
})

/** The Redis nodes of a data centre, asked as their admin user. */
export class Nodes {
  readonly #topology: Group
  readonly #lines: Lines

  /** `alsoEnded`: those are asked, too, whose certificates have ended. */
  constructor({ topology, secrets, tls }: GroupAccess, { alsoEnded = false } = {}) {
    this.#topology = topology
    this.#lines = new Lines({ username: 'admin', password: secrets.admin, tls, alsoEnded })
  }

  /** The views of those that answer in time (in milliseconds), without asking the one at `withoutAddress`. */
  views(timeoutMs: number, withoutAddress?: string): Promise<NodeView[]> {
    const asked = this.#topology.dataHosts
      .map(redisAddress)
      .filter((node) => formatAddress(node) !== withoutAddress)
    return inTime(asked.map((node) => this.view(node, timeoutMs)))
  }

  async view(address: NodeAddress, timeoutMs: number): Promise<NodeView> {
    const [info] = await this.send(address, [['INFO', 'replication']], timeoutMs)
    return readView(address, info)
  }

  send(address: NodeAddress, commands: readonly string[][], timeoutMs: number) {
    return this.#lines.send(address, commands, timeoutMs)
  }

  /** One more connection, which the caller closes. Throws as {@link Connection.open}. */
  open(address: NodeAddress, timeoutMs: number): Promise<Connection> {
    return this.#lines.open(address, timeoutMs)
  }

  /** From now on fresh connections log in by these; those that are open stay. */
  renew({ secrets, tls }: Pick<GroupAccess, 'secrets' | 'tls'>): void {
    this.#lines.renew({ password: secrets.admin, tls })
  }

  close(): void {
    this.#lines.close()
  }
}
