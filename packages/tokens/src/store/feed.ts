import { decodeRecord } from '../record/codec.ts'
import type { TokenRecord } from '../record/record.ts'
import { Backoff } from '../redis/backoff.ts'
import type { Connection } from '../redis/connection.ts'
import type { ReplicaGroup } from '../redis/group.ts'
import { SETTLED_CHANNEL } from './settled-news.ts'

/** The channel on which every merged record is published. */
const FEED_CHANNEL = 'hf:feed'
const SUBSCRIBE_MS = 1000

/** A record that some process has just merged. */
export interface FeedRecord {
  key: string
  /** The index that lists the session, or null for a tombstone. */
  subjectKey: string | null
  record: TokenRecord
}

export interface FeedOptions {
  /** The channel of this process's own beats. */
  beatChannel: string
  onRecord: (message: FeedRecord) => void
  /** The tombstone under a key was acknowledged to some process. */
  onSettled: (key: string) => void
  onBeat: (beat: number) => void
  /** Called when a subscription has begun, and when it has ended. */
  onChange: () => void
}

/**
 * A subscription on the primary that carries every merged record of every process, which tombstones are sure to stay,
 * and this process's own beats. It is begun anew after each change of primary and each loss of the connection; each
 * beginning is a new generation, because what was published between is lost.
 */
export class Feed {
  readonly #group: ReplicaGroup
  readonly #options: FeedOptions
  readonly #backoff = new Backoff(10, 500)
  #connection: Connection | null = null
  #generation = 0
  #term = 0
  #closed = false

  constructor(group: ReplicaGroup, options: FeedOptions) {
    this.#group = group
    this.#options = options
    void this.#keepSubscribed()
  }

  /** The number of the running subscription, or null while there is none. */
  get generation(): number | null {
    return this.#connection?.isOpen === true ? this.#generation : null
  }

  /** The term of the primary that the running subscription is of, or the last one. */
  get term(): number {
    return this.#term
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
        // The node says why it cannot be reached (Node.problem); here only the next try matters.
        this.#group.alert()
      }
      if (!this.#closed) await this.#pause()
    }
  }

  /** Hears the feed until the connection ends or another node is primary. */
  async #serve(connection: Connection, term: number): Promise<void> {
    const channels = [FEED_CHANNEL, SETTLED_CHANNEL, this.#options.beatChannel]
    this.#term = term
    try {
      await connection.subscribe(channels, (message, channel) => this.#hear(message, channel), SUBSCRIBE_MS)
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

  #hear(message: Buffer, channel: string): void {
    if (channel === this.#options.beatChannel) {
      this.#options.onBeat(Number(message.toString()))
      return
    }
    if (channel === SETTLED_CHANNEL) {
      for (const key of message.toString('latin1').split(' ')) this.#options.onSettled(key)
      return
    }
    for (const record of parseFeedMessage(message)) this.#options.onRecord(record)
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#backoff.next()))
  }
}

const SPACE = 0x20

/**
 * Reads the records of one message: for each its key, its subject's key or `-`, its length in bytes and its bytes,
 * with a space behind each. What cannot be read ends it.
 */
function* parseFeedMessage(message: Buffer): Generator<FeedRecord> {
  let at = 0
  const next = () => {
    const end = message.indexOf(SPACE, at)
    const text = message.toString('latin1', at, end < 0 ? message.length : end)
    at = end < 0 ? message.length : end + 1
    return text
  }
  while (at < message.length) {
    const [key, subjectKey, length] = [next(), next(), Number(next())]
    if (!Number.isInteger(length) || at + length > message.length) return
    // A copy, so that a record that is kept does not keep the whole message.
    const record = decodeRecord(Buffer.from(message.subarray(at, at + length)))
    at += length + 1
    if (record !== null) yield { key, subjectKey: subjectKey === '-' ? null : subjectKey, record }
  }
}
