import {
  formatAddress,
  type NodeAddress,
  parseReplication,
  type ReplicationView,
} from '@holdfast/tokens/redis'
import type { GroupAccess } from '../state/open.ts'
import { redisAddress, type Topology } from '../topology/topology.ts'
import { Lines } from './lines.ts'

/** One Redis and its part in replication. */
export interface NodeView extends ReplicationView {
  address: NodeAddress
}

/** The Redis nodes of a data centre, asked as their admin user. */
export class Nodes {
  readonly #topology: Topology
  readonly #lines: Lines

  constructor({ topology, secrets, tls }: GroupAccess) {
    this.#topology = topology
    this.#lines = new Lines({ username: 'admin', password: secrets.admin, tls })
  }

  /** The views of those that answer in time (in milliseconds), without those of one host. */
  async views(timeoutMs: number, withoutHost?: string): Promise<NodeView[]> {
    const hosts = this.#topology.dataHosts.filter(({ host }) => host !== withoutHost)
    const all = hosts.map((host) => this.view(redisAddress(host), timeoutMs))
    const settled = await Promise.allSettled(all)
    return settled.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
  }

  /** The views of those that answer in time, without asking the one at that address. */
  async viewsWithout(address: string, timeoutMs: number): Promise<NodeView[]> {
    const others = this.#topology.dataHosts
      .map(redisAddress)
      .filter((node) => formatAddress(node) !== address)
    const settled = await Promise.allSettled(others.map((node) => this.view(node, timeoutMs)))
    return settled.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
  }

  async view(address: NodeAddress, timeoutMs: number): Promise<NodeView> {
    const [info] = await this.send(address, [['INFO', 'replication']], timeoutMs)
    return { address, ...parseReplication(String(info)) }
  }

  send(address: NodeAddress, commands: readonly string[][], timeoutMs: number) {
    return this.#lines.send(address, commands, timeoutMs)
  }

  close(): void {
    this.#lines.close()
  }
}
