import {
  type Connection,
  formatAddress,
  MARK_KEY,
  type NodeAddress,
  type Reply,
  sameAddress,
  type TlsOptions,
} from '@holdfast/tokens/redis'
import { claimInGroup } from '../operate/group-lock.ts'
import { inTime } from '../redis/in-time.ts'
import { readInfo } from '../redis/info.ts'
import { Lines } from '../redis/lines.ts'
import { type NodeView, readView } from '../redis/nodes.ts'
import {
  type Announcement,
  announcementQuestions,
  readAnnouncement,
  readAnswer,
  type SentinelAnswer,
} from '../redis/sentinels.ts'
import { readTlsFiles } from '../state/tls-files.ts'
import type { HostConfig } from './config.ts'

/** Deadline of a question to another host (in milliseconds). */
const PATIENCE_MS = 500
/** Deadline of a look at every Redis, which is repeated. */
const LOOK_MS = 250
const ISSUE = 'Issue one by `holdfast ca issue` and put it there, its key beside it.'

/** The Sentinels of the data centre and the Redis of the other hosts, asked from one host. INV-AGENT-6. */
export class HostGroup {
  readonly #config: HostConfig
  readonly #redis: Lines
  readonly #sentinels: Lines
  /** For questions with deadlines of their own: one that is late closes its connection. */
  readonly #looks: Lines
  readonly #tls: TlsOptions | null

  private constructor(config: HostConfig, tls: TlsOptions | null) {
    this.#config = config
    this.#tls = tls
    const { redisAdmin, sentinelAdmin } = config.passwords
    this.#redis = new Lines({ username: 'admin', password: redisAdmin, tls })
    this.#looks = new Lines({ username: 'admin', password: redisAdmin, tls })
    this.#sentinels = new Lines({ username: 'admin', password: sentinelAdmin, tls })
  }

  /** Reads the host's certificate first. Throws `STATE_UNUSABLE` when it cannot be read. */
  static async open(config: HostConfig): Promise<HostGroup> {
    return new HostGroup(config, config.tls === null ? null : await readTlsFiles(config.tls, ISSUE))
  }

  /** The Redis of the other hosts. */
  get others(): NodeAddress[] {
    return this.#config.redis.filter((node) => !sameAddress(node, this.#config.self))
  }

  /** What those Sentinels say that answer in time. */
  sentinelAnswers(): Promise<SentinelAnswer[]> {
    const { sentinels } = this.#config
    return inTime(sentinels.map((sentinel) => this.askSentinel(sentinel)))
  }

  /** Whom those Sentinels announce that answer in time. */
  announcements(): Promise<Announcement[]> {
    const { sentinels, primaryName } = this.#config
    const questions = announcementQuestions(primaryName)
    return inTime(
      sentinels.map(async (sentinel) =>
        readAnnouncement(sentinel, await this.tellSentinelAll(sentinel, questions)),
      ),
    )
  }

  async askSentinel(sentinel: NodeAddress): Promise<SentinelAnswer> {
    const { primaryName } = this.#config
    return readAnswer(sentinel, await this.tellSentinel(sentinel, ['SENTINEL', 'MASTER', primaryName]))
  }

  /** What every Redis says of itself that answers in time, without asking the one at that address. */
  viewsWithout(address: string): Promise<NodeView[]> {
    const asked = this.#config.redis.filter((node) => formatAddress(node) !== address)
    return inTime(
      asked.map(async (node) => readView(node, await this.tellNode(node, ['INFO', 'replication']))),
    )
  }

  /** What every Redis says of itself that answers soon. */
  views(): Promise<NodeView[]> {
    return inTime(this.#config.redis.map((node) => this.view(node, LOOK_MS)))
  }

  /** What one Redis says of itself. Rejects when it does not in time (in milliseconds). */
  async view(node: NodeAddress, timeoutMs: number): Promise<NodeView> {
    const [info] = await this.#looks.send(node, [['INFO', 'replication']], timeoutMs)
    return readView(node, info)
  }

  /** The process id of a Redis. Rejects when it does not answer soon. */
  async pidOf(node: NodeAddress): Promise<number> {
    const [info] = await this.#looks.send(node, [['INFO', 'server']], LOOK_MS)
    const pid = Number(readInfo(info)['process_id'])
    if (!Number.isSafeInteger(pid) || pid <= 0) throw new Error('Redis does not give its process id.')
    return pid
  }

  /** Whether a Redis answers soon. */
  answers(node: NodeAddress): Promise<boolean> {
    return this.pidOf(node).then(
      () => true,
      () => false,
    )
  }

  /** What the other Redis say of themselves, of those that answer in time. */
  survivors(): Promise<NodeView[]> {
    return this.viewsWithout(formatAddress(this.#config.self))
  }

  /** `host:port` of the one primary that answers and carries the mark, or null. */
  async primaryWithData(): Promise<string | null> {
    const [primary, ...more] = (await this.survivors()).filter(({ role }) => role === 'primary')
    if (primary === undefined || more.length > 0) return null
    const mark = await this.tellNode(primary.address, ['GET', MARK_KEY])
    return String(mark) === this.#config.mark ? formatAddress(primary.address) : null
  }

  /** Every other Redis answers, and none has a single key. */
  async everyOtherIsEmpty(): Promise<boolean> {
    const sizes = await inTime(this.others.map((node) => this.tellNode(node, ['DBSIZE'])))
    return sizes.length === this.others.length && sizes.every((size) => Number(size) === 0)
  }

  async tellSentinel(sentinel: NodeAddress, command: string[]): Promise<Reply> {
    const [reply = null] = await this.tellSentinelAll(sentinel, [command])
    return reply
  }

  /** Several commands; the replies in order. */
  tellSentinelAll(sentinel: NodeAddress, commands: string[][]): Promise<Reply[]> {
    return this.#sentinels.send(sentinel, commands, PATIENCE_MS)
  }

  async tellNode(node: NodeAddress, command: string[]): Promise<Reply> {
    const [reply = null] = await this.#redis.send(node, [command], PATIENCE_MS)
    return reply
  }

  /** One more connection to a Redis, which the caller closes. Throws as {@link Connection.open}. */
  open(node: NodeAddress, timeoutMs: number): Promise<Connection> {
    return this.#redis.open(node, timeoutMs)
  }

  /** Claims the data centre for an operation; null while another operation has it. */
  async claim(operation: string): Promise<(() => void) | null> {
    const { sentinels, passwords } = this.#config
    const access = { sentinels, password: passwords.sentinelAdmin, tls: this.#tls }
    const claimed = await claimInGroup(access, operation, async () => access)
    return claimed.other === null ? claimed.release : null
  }

  close(): void {
    this.#redis.close()
    this.#looks.close()
    this.#sentinels.close()
  }
}
