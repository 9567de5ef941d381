import {
  type Connection,
  formatAddress,
  MARK_KEY,
  type NodeAddress,
  type Reply,
  sameAddress,
} from '@holdfast/tokens/redis'
import { ConnectionPool, fulfilledValues } from '../redis/connection-pool.ts'
import { claimInGroup } from '../redis/group-lock.ts'
import { type NodeView, readView } from '../redis/nodes.ts'
import { readInfo } from '../redis/replies.ts'
import { readAnswer, type SentinelAnswer } from '../redis/sentinels.ts'
import { readTlsFiles } from '../redis/tls-files.ts'
import type { HostConfig } from './config.ts'

/** Deadline of a command. */
const COMMAND_TIMEOUT_MS = 500
/** Deadline of the queries that run again and again. */
const QUERY_TIMEOUT_MS = 250
const CERTIFICATE_REMEDY = 'Issue one with `holdfast ca issue`, and put it and its key there.'

/** The planned servers of a group. */
export interface GroupPlan {
  primaryName: string
  /** The planned `failover-timeout`. */
  failoverTimeoutMs: number
  redis: readonly NodeAddress[]
  sentinels: readonly NodeAddress[]
}

/** How to reach the servers of a group as admin. Every request rejects after its `timeoutMs`. */
export interface GroupConnections {
  /** Sends commands to a Redis. Resolves to the replies in order. */
  sendToNode: (node: NodeAddress, commands: readonly string[][], timeoutMs: number) => Promise<Reply[]>
  /** The same, for queries with short deadlines. A late reply closes its connection, which must not end other commands. */
  queryNode: (node: NodeAddress, commands: readonly string[][], timeoutMs: number) => Promise<Reply[]>
  sendToSentinel: (
    sentinel: NodeAddress,
    commands: readonly string[][],
    timeoutMs: number,
  ) => Promise<Reply[]>
  /** Opens a separate connection to a Redis, which the caller closes. Throws as {@link Connection.open}. */
  open: (node: NodeAddress, timeoutMs: number) => Promise<Connection>
  /** Takes the operations' lock of the data centre. Returns its release, or null while another operation holds it. */
  claim: (operation: string) => Promise<(() => void) | null>
  close: () => void
}

/** The Sentinels and the Redis of a data centre, as its host agents see them. INV-AGENT-6. */
export class HostGroup {
  readonly plan: GroupPlan
  readonly #connections: GroupConnections

  constructor(plan: GroupPlan, connections: GroupConnections) {
    this.plan = plan
    this.#connections = connections
  }

  /**
   * The group of a real host. Reads the host's certificate. Throws `STATE_UNUSABLE` when the certificate cannot be read.
   */
  static async open(config: HostConfig): Promise<HostGroup> {
    const tls = config.tls === null ? null : await readTlsFiles(config.tls, CERTIFICATE_REMEDY)
    const { primaryName, failoverTimeoutMs, redis, sentinels } = config
    const { redisAdmin, sentinelAdmin } = config.passwords
    const toNodes = new ConnectionPool({ username: 'admin', password: redisAdmin, tls })
    const queries = new ConnectionPool({ username: 'admin', password: redisAdmin, tls })
    const toSentinels = new ConnectionPool({ username: 'admin', password: sentinelAdmin, tls })
    const access = { sentinels, password: sentinelAdmin, tls }
    return new HostGroup(
      { primaryName, failoverTimeoutMs, redis, sentinels },
      {
        sendToNode: (...request) => toNodes.send(...request),
        queryNode: (...request) => queries.send(...request),
        sendToSentinel: (...request) => toSentinels.send(...request),
        open: (...request) => toNodes.open(...request),
        claim: async (operation) => {
          const claimed = await claimInGroup(access, operation, async () => access)
          return claimed.other === null ? claimed.release : null
        },
        close: () => {
          for (const pool of [toNodes, queries, toSentinels]) pool.close()
        },
      },
    )
  }

  /** The answers of the Sentinels that reply in time. */
  sentinelAnswers(): Promise<SentinelAnswer[]> {
    const { sentinels, primaryName } = this.plan
    return fulfilledValues(
      sentinels.map(async (sentinel) =>
        readAnswer(sentinel, await this.sendToSentinel(sentinel, ['SENTINEL', 'MASTER', primaryName])),
      ),
    )
  }

  /** The views of every other Redis that replies in time. */
  survivors(self: NodeAddress): Promise<NodeView[]> {
    return fulfilledValues(
      this.#others(self).map(async (node) =>
        readView(node, await this.sendToNode(node, ['INFO', 'replication'])),
      ),
    )
  }

  /** The view of one Redis. Rejects when Redis does not reply within `timeoutMs`. */
  async view(node: NodeAddress, timeoutMs = QUERY_TIMEOUT_MS): Promise<NodeView> {
    const [info] = await this.#connections.queryNode(node, [['INFO', 'replication']], timeoutMs)
    return readView(node, info)
  }

  /** The process id of a Redis. Rejects when Redis does not reply within the short deadline of a query. */
  async pidOf(node: NodeAddress): Promise<number> {
    const [info] = await this.#connections.queryNode(node, [['INFO', 'server']], QUERY_TIMEOUT_MS)
    const pid = Number(readInfo(info)['process_id'])
    if (!Number.isSafeInteger(pid) || pid <= 0) throw new Error('Redis does not report its process id.')
    return pid
  }

  /** Whether a Redis replies within the short deadline of a query. */
  isReachable(node: NodeAddress): Promise<boolean> {
    return this.pidOf(node).then(
      () => true,
      () => false,
    )
  }

  /** `host:port` of the only other primary that replies, if it has the group id; otherwise null. */
  async primaryWithData(self: NodeAddress, groupId: string): Promise<string | null> {
    const [primary, ...more] = (await this.survivors(self)).filter(({ role }) => role === 'primary')
    if (primary === undefined || more.length > 0) return null
    const mark = await this.sendToNode(primary.address, ['GET', MARK_KEY])
    return String(mark) === groupId ? formatAddress(primary.address) : null
  }

  /** Whether every other Redis replies and holds no key. */
  async everyOtherIsEmpty(self: NodeAddress): Promise<boolean> {
    const others = this.#others(self)
    const sizes = await fulfilledValues(others.map((node) => this.sendToNode(node, ['DBSIZE'])))
    return sizes.length === others.length && sizes.every((size) => Number(size) === 0)
  }

  async sendToSentinel(
    sentinel: NodeAddress,
    command: string[],
    timeoutMs = COMMAND_TIMEOUT_MS,
  ): Promise<Reply> {
    const [reply = null] = await this.#connections.sendToSentinel(sentinel, [command], timeoutMs)
    return reply
  }

  /** Sends several commands; returns the replies in order. */
  sendAllToSentinel(sentinel: NodeAddress, commands: readonly string[][]): Promise<Reply[]> {
    return this.#connections.sendToSentinel(sentinel, commands, COMMAND_TIMEOUT_MS)
  }

  async sendToNode(node: NodeAddress, command: string[], timeoutMs = COMMAND_TIMEOUT_MS): Promise<Reply> {
    const [reply = null] = await this.#connections.sendToNode(node, [command], timeoutMs)
    return reply
  }

  /** See {@link GroupConnections.open}. */
  open(node: NodeAddress, timeoutMs: number): Promise<Connection> {
    return this.#connections.open(node, timeoutMs)
  }

  /** See {@link GroupConnections.claim}. */
  claim(operation: string): Promise<(() => void) | null> {
    return this.#connections.claim(operation)
  }

  close(): void {
    this.#connections.close()
  }

  #others(self: NodeAddress): NodeAddress[] {
    return this.plan.redis.filter((node) => !sameAddress(node, self))
  }
}
