import { decodeRecord } from '../record/codec.ts'
import type { TokenRecord } from '../record/record.ts'
import { Backoff } from '../redis/backoff.ts'
import type { Connection } from '../redis/connection.ts'
import type { ReplicaGroup } from '../redis/group.ts'

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
  onBeat: (beat: number) => void
  /** Called when a subscription has begun, and when it has ended. */
  onChange: () => void
}

/**
 * A subscription on the primary that carries every merged record of every process, and this process's own
 * beats. It is begun anew after each change of primary and each loss of the connection; each beginning is a
 * new generation, because what was published between is lost.
 */
export class Feed {
  readonly #group: ReplicaGroup
  readonly #options: FeedOptions
  readonly #backoff = new Backoff(10, 500)
  #connection: Connection | null = null
  #generation = 0
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
    const channels = [FEED_CHANNEL, this.#options.beatChannel]
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
    const parsed = parseFeedMessage(message)
    if (parsed !== null) this.#options.onRecord(parsed)
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#backoff.next()))
  }
}

/** Reads `<record key> <subject key or -> <record>`; null for what is no such message. */
function parseFeedMessage(message: Buffer): FeedRecord | null {
  const first = message.indexOf(0x20)
  const second = message.indexOf(0x20, first + 1)
  if (first < 0 || second < 0) return null
  const record = decodeRecord(message.subarray(second + 1))
  if (record === null) return null
  const subjectKey = message.toString('latin1', first + 1, second)
  return {
    key: message.toString('latin1', 0, first),
    subjectKey: subjectKey === '-' ? null : subjectKey,
    record,
  }
}
