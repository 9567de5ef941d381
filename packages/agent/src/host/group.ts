import {
  type Connection,
  formatAddress,
  MARK_KEY,
  type NodeAddress,
  type Reply,
  sameAddress,
  type TlsOptions,
} from '@holdfast/tokens/redis'
import { ConnectionPool, fulfilledValues } from '../redis/connection-pool.ts'
import { claimInGroup } from '../redis/group-lock.ts'
import { type NodeView, readView } from '../redis/nodes.ts'
import { readInfo } from '../redis/replies.ts'
import {
  type Announcement,
  announcementQuestions,
  readAnnouncement,
  readAnswer,
  type SentinelAnswer,
} from '../redis/sentinels.ts'
import { readTlsFiles } from '../redis/tls-files.ts'
import type { HostConfig } from './config.ts'

/** Deadline of a command to another host. */
const COMMAND_TIMEOUT_MS = 500
/** Deadline of the queries that run again and again. */
const POLL_TIMEOUT_MS = 250
const CERTIFICATE_REMEDY = 'Issue one with `holdfast ca issue`, and put it and its key there.'

/** The Sentinels of the data centre and the Redis of the other hosts, as seen from one host. INV-AGENT-6. */
export class HostGroup {
  readonly #config: HostConfig
  readonly #redis: ConnectionPool
  readonly #sentinels: ConnectionPool
  /** For queries with their own deadlines: a late reply closes its connection. */
  readonly #polls: ConnectionPool
  readonly #tls: TlsOptions | null

  private constructor(config: HostConfig, tls: TlsOptions | null) {
    this.#config = config
    this.#tls = tls
    const { redisAdmin, sentinelAdmin } = config.passwords
    this.#redis = new ConnectionPool({ username: 'admin', password: redisAdmin, tls })
    this.#polls = new ConnectionPool({ username: 'admin', password: redisAdmin, tls })
    this.#sentinels = new ConnectionPool({ username: 'admin', password: sentinelAdmin, tls })
  }

  /** Reads the host's certificate and opens the pools. Throws `STATE_UNUSABLE` when the certificate cannot be read. */
  static async open(config: HostConfig): Promise<HostGroup> {
    return new HostGroup(
      config,
      config.tls === null ? null : await readTlsFiles(config.tls, CERTIFICATE_REMEDY),
    )
  }

  /** The Redis of the other hosts. */
  get others(): NodeAddress[] {
    return this.#config.redis.filter((node) => !sameAddress(node, this.#config.self))
  }

  /** The answers of the Sentinels that reply in time. */
  sentinelAnswers(): Promise<SentinelAnswer[]> {
    const { sentinels } = this.#config
    return fulfilledValues(sentinels.map((sentinel) => this.askSentinel(sentinel)))
  }

  /** The announcements of the Sentinels that reply in time. */
  announcements(): Promise<Announcement[]> {
    const { sentinels, primaryName } = this.#config
    const questions = announcementQuestions(primaryName)
    return fulfilledValues(
      sentinels.map(async (sentinel) =>
        readAnnouncement(sentinel, await this.sendAllToSentinel(sentinel, questions)),
      ),
    )
  }

  async askSentinel(sentinel: NodeAddress): Promise<SentinelAnswer> {
    const { primaryName } = this.#config
    return readAnswer(sentinel, await this.sendToSentinel(sentinel, ['SENTINEL', 'MASTER', primaryName]))
  }

  /** The views of every Redis that replies in time. The Redis at that address is not asked. */
  viewsWithout(address: string): Promise<NodeView[]> {
    const asked = this.#config.redis.filter((node) => formatAddress(node) !== address)
    return fulfilledValues(
      asked.map(async (node) => readView(node, await this.sendToNode(node, ['INFO', 'replication']))),
    )
  }

  /** The views of every Redis that replies within the short deadline of a poll. */
  views(): Promise<NodeView[]> {
    return fulfilledValues(this.#config.redis.map((node) => this.view(node, POLL_TIMEOUT_MS)))
  }

  /** The view of one Redis. Rejects when Redis does not reply within `timeoutMs`. */
  async view(node: NodeAddress, timeoutMs: number): Promise<NodeView> {
    const [info] = await this.#polls.send(node, [['INFO', 'replication']], timeoutMs)
    return readView(node, info)
  }

  /** The process id of a Redis. Rejects when Redis does not reply within the short deadline of a poll. */
  async pidOf(node: NodeAddress): Promise<number> {
    const [info] = await this.#polls.send(node, [['INFO', 'server']], POLL_TIMEOUT_MS)
    const pid = Number(readInfo(info)['process_id'])
    if (!Number.isSafeInteger(pid) || pid <= 0) throw new Error('Redis does not report its process id.')
    return pid
  }

  /** Whether a Redis replies within the short deadline of a poll. */
  isReachable(node: NodeAddress): Promise<boolean> {
    return this.pidOf(node).then(
      () => true,
      () => false,
    )
  }

  /** The views of the other hosts' Redis, of those that reply in time. */
  survivors(): Promise<NodeView[]> {
    return this.viewsWithout(formatAddress(this.#config.self))
  }

  /** `host:port` of the only primary that replies, if it has the group id; otherwise null. */
  async primaryWithData(): Promise<string | null> {
    const [primary, ...more] = (await this.survivors()).filter(({ role }) => role === 'primary')
    if (primary === undefined || more.length > 0) return null
    const mark = await this.sendToNode(primary.address, ['GET', MARK_KEY])
    return String(mark) === this.#config.mark ? formatAddress(primary.address) : null
  }

  /** Whether every other Redis replies and holds no key. */
  async everyOtherIsEmpty(): Promise<boolean> {
    const sizes = await fulfilledValues(this.others.map((node) => this.sendToNode(node, ['DBSIZE'])))
    return sizes.length === this.others.length && sizes.every((size) => Number(size) === 0)
  }

  async sendToSentinel(sentinel: NodeAddress, command: string[]): Promise<Reply> {
    const [reply = null] = await this.sendAllToSentinel(sentinel, [command])
    return reply
  }

  /** Sends several commands; returns the replies in order. */
  sendAllToSentinel(sentinel: NodeAddress, commands: string[][]): Promise<Reply[]> {
    return this.#sentinels.send(sentinel, commands, COMMAND_TIMEOUT_MS)
  }

  async sendToNode(node: NodeAddress, command: string[]): Promise<Reply> {
    const [reply = null] = await this.#redis.send(node, [command], COMMAND_TIMEOUT_MS)
    return reply
  }

  /** Opens a separate connection to a Redis, which the caller closes. Throws as {@link Connection.open}. */
  open(node: NodeAddress, timeoutMs: number): Promise<Connection> {
    return this.#redis.open(node, timeoutMs)
  }

  /** Takes the operations' lock of the data centre. Returns its release, or null while another operation holds it. */
  async claim(operation: string): Promise<(() => void) | null> {
    const { sentinels, passwords } = this.#config
    const access = { sentinels, password: passwords.sentinelAdmin, tls: this.#tls }
    const claimed = await claimInGroup(access, operation, async () => access)
    return claimed.other === null ? claimed.release : null
  }

  close(): void {
    this.#redis.close()
    this.#polls.close()
    this.#sentinels.close()
  }
}
