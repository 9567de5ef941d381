import { parseWhole } from '../../network-text.ts'
import { Backoff } from '../../redis/backoff.ts'
import type { Connection, Reply } from '../../redis/connection.ts'
import type { ReplicaGroup } from '../../redis/group.ts'
import { SETTLED_CHANNEL } from './durability-announcer.ts'
import { type FeedRecord, parseFeedMessage, parseSettledMessage } from './feed-message.ts'

export type { FeedRecord }

/** The channel on which every merged record is published. */
const FEED_CHANNEL = 'hf:feed'
const SUBSCRIBE_MS = 1000
/** The pause after an unreadable message, so that many such messages do not cause as many connections. */
const UNREADABLE_PAUSE_MS = 100

export interface FeedOptions {
  /** The channel of this process's own heartbeats. */
  beatChannel: string
  onRecord: (message: FeedRecord) => void
  /** The tombstone under a key was acknowledged to a process. */
  onDurable: (key: string) => void
  onBeat: (beat: number) => void
  /** A message could not be read, so the subscription ends. */
  onUnreadable: () => void
  /** Called when a subscription has started, and when it has ended. */
  onChange: () => void
}

/**
 * A subscription on the primary. It carries every merged record of every process, the keys of durable tombstones,
 * and the heartbeats of this process. The feed subscribes again after each change of primary and each loss of the
 * connection. Each subscription is a new generation, because messages between two subscriptions are lost. An
 * unreadable message also ends the generation, because this process does not know what it contained.
 */
export class Feed {
  readonly #group: ReplicaGroup
  readonly #options: FeedOptions
  readonly #backoff = new Backoff(10, 500)
  #connection: Connection | null = null
  #generation = 0
  #term = 0
  #unreadable = false
  #closed = false

  constructor(group: ReplicaGroup, options: FeedOptions) {
    this.#group = group
    this.#options = options
    void this.#keepSubscribed()
  }

  /** The number of the current subscription, or null while there is none. */
  get generation(): number | null {
    return this.#connection?.isOpen === true ? this.#generation : null
  }

  /** The term of the primary to which the current or last subscription belongs. */
  get term(): number {
    return this.#term
  }

  /**
   * Asks the primary on the connection of the feed. Once it has answered, every message is received that it published
   * before. Returns the reply and the generation, or null if there is no answer in this generation.
   */
  async ask(
    args: readonly string[],
    timeoutMs: number,
  ): Promise<{ reply: Reply; generation: number } | null> {
    const { generation } = this
    if (generation === null || this.#connection === null) return null
    const reply = await this.#connection.send(args, timeoutMs).catch(() => null)
    return generation === this.generation ? { reply, generation } : null
  }

  close(): void {
    this.#closed = true
    this.#connection?.close()
  }

  async #keepSubscribed(): Promise<void> {
    while (!this.#closed) {
      const { primary, term } = this.#group
      try {
        if (primary !== null) {
          const connection = await primary.openConnection()
          await this.#serve(connection, term)
        }
      } catch {
        // The node reports why it cannot be reached (Node.problem). Here only the next attempt matters.
        this.#group.alert()
      }
      if (!this.#closed) await this.#pause()
    }
  }

  /** Receives the feed until the connection ends or another node becomes the primary. */
  async #serve(connection: Connection, term: number): Promise<void> {
    const channels = [FEED_CHANNEL, SETTLED_CHANNEL, this.#options.beatChannel]
    this.#term = term
    try {
      await connection.subscribe(
        channels,
        (message, channel) => this.#hear(connection, message, channel),
        SUBSCRIBE_MS,
      )
      if (this.#closed || this.#group.term !== term) return
      this.#generation += 1
      this.#connection = connection
      this.#backoff.reset()
      this.#options.onChange()
      await Promise.race([connection.closed, this.#group.termOver(term)])
    } finally {
      connection.close()
      if (this.#connection === connection) {
        this.#connection = null
        this.#options.onChange()
      }
    }
  }

  /** Never throws: an exception in this callback would end the process. */
  #hear(connection: Connection, message: Buffer, channel: string): void {
    // Messages after an unreadable one belong to no generation.
    if (!connection.isOpen) return
    try {
      if (this.#read(message, channel)) return
    } catch {
      // Handled like a message that cannot be read.
    }
    this.#unreadable = true
    connection.close()
    this.#options.onUnreadable()
  }

  /** Returns false if the message cannot be read. */
  #read(message: Buffer, channel: string): boolean {
    if (channel === this.#options.beatChannel) {
      const beat = parseWhole(message.toString('latin1'))
      if (beat !== null) this.#options.onBeat(beat)
      return beat !== null
    }
    if (channel === SETTLED_CHANNEL) {
      const keys = parseSettledMessage(message)
      for (const key of keys ?? []) this.#options.onDurable(key)
      return keys !== null
    }
    const records = parseFeedMessage(message)
    for (const record of records ?? []) this.#options.onRecord(record)
    return records !== null
  }

  #pause(): Promise<void> {
    const pauseMs = Math.max(this.#backoff.next(), this.#unreadable ? UNREADABLE_PAUSE_MS : 0)
    this.#unreadable = false
    return new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}
