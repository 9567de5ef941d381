import { readFile } from 'node:fs/promises'
import {
  formatAddress,
  type NodeAddress,
  parseReplication,
  type Reply,
  type TlsOptions,
} from '@holdfast/tokens/redis'
import { ClusterError } from '../errors.ts'
import { Lines } from '../redis/lines.ts'
import type { NodeView } from '../redis/nodes.ts'
import { readAnswer, type SentinelAnswer } from '../redis/sentinels.ts'
import { type HostConfig, sameAddress } from './config.ts'

/** Deadline of a question to another host (in milliseconds). */
const PATIENCE_MS = 500

/** The Sentinels of the data centre and the Redis of the other hosts, asked from one host. */
export class HostGroup {
  readonly #config: HostConfig
  readonly #redis: Lines
  readonly #sentinels: Lines

  private constructor(config: HostConfig, tls: TlsOptions | null) {
    this.#config = config
    const { redisAdmin, sentinelAdmin } = config.passwords
    this.#redis = new Lines({ username: 'admin', password: redisAdmin, tls })
    this.#sentinels = new Lines({ username: 'admin', password: sentinelAdmin, tls })
  }

  /** Reads the host's certificate first. Throws `STATE_UNUSABLE` when it cannot be read. */
  static async open(config: HostConfig): Promise<HostGroup> {
    return new HostGroup(config, config.tls === null ? null : await readTls(config.tls))
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

  async askSentinel(sentinel: NodeAddress): Promise<SentinelAnswer> {
    const { primaryName } = this.#config
    return readAnswer(sentinel, await this.tellSentinel(sentinel, ['SENTINEL', 'MASTER', primaryName]))
  }

  /** What every Redis says of itself that answers in time, without asking the one at that address. */
  viewsWithout(address: string): Promise<NodeView[]> {
    const asked = this.#config.redis.filter((node) => formatAddress(node) !== address)
    return inTime(asked.map((node) => this.#view(node)))
  }

  /** What the other Redis say of themselves, of those that answer in time. */
  survivors(): Promise<NodeView[]> {
    return inTime(this.others.map((address) => this.#view(address)))
  }

  /** Every other Redis answers, and none has a single key. */
  async everyOtherIsEmpty(): Promise<boolean> {
    const sizes = await inTime(this.others.map((node) => this.tellNode(node, ['DBSIZE'])))
    return sizes.length === this.others.length && sizes.every((size) => Number(size) === 0)
  }

  async #view(address: NodeAddress): Promise<NodeView> {
    const info = await this.tellNode(address, ['INFO', 'replication'])
    return { address, ...parseReplication(String(info)) }
  }

  async tellSentinel(sentinel: NodeAddress, command: string[]): Promise<Reply> {
    const [reply = null] = await this.#sentinels.send(sentinel, [command], PATIENCE_MS)
    return reply
  }

  async tellNode(node: NodeAddress, command: string[]): Promise<Reply> {
    const [reply = null] = await this.#redis.send(node, [command], PATIENCE_MS)
    return reply
  }

  close(): void {
    this.#redis.close()
    this.#sentinels.close()
  }
}

async function readTls({ authority, certificate, key }: NonNullable<HostConfig['tls']>): Promise<TlsOptions> {
  try {
    const [ca, cert, keyPem] = await Promise.all(
      [authority, certificate, key].map((file) => readFile(file, 'utf8')),
    )
    return { ca: ca ?? '', cert: cert ?? '', key: keyPem ?? '' }
  } catch (cause) {
    throw new ClusterError(
      'STATE_UNUSABLE',
      `The certificate of this host cannot be read from ${certificate}. Issue one by \`holdfast ca issue\` and put it there, its key beside it.`,
      { cause },
    )
  }
}

async function inTime<T>(questions: Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(questions)
  return settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
}
