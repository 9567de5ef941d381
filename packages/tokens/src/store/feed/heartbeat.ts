import { randomBytes } from 'node:crypto'
import { Deadline } from '../../deadline.ts'
import type { StoreObserver } from '../api/observer.ts'
import type { Lease } from '../cache/lease.ts'
import { readInstant } from '../clocks/instant.ts'
import type { Committer } from '../commit/committer.ts'
import type { Committed } from '../commit/pending-write.ts'
import type { Feed } from './feed.ts'

/** Heartbeats per lease: this many may be lost or late before the lease expires. */
const BEATS_IN_LEASE = 3

/**
 * Called for a heartbeat that every planned replica has confirmed, with the time when it was sent, the generation
 * of the feed and the term.
 */
type OnComplete = (sentAtMs: number, generation: number, term: number) => void

/**
 * Renews the lease several times per lease duration. A heartbeat is a message that travels through the primary to
 * its replicas, like a write, and back through the feed. When a replica has confirmed it *and* it came back, it
 * proves three facts about the time when it was sent. The primary had a replica, so no other primary could
 * acknowledge a write. The feed had delivered everything that was published before. The lease starts at that time.
 */
export class Heartbeat {
  /** The channel of this process's heartbeats. */
  readonly channel = `hf:beat:${randomBytes(8).toString('hex')}`
  readonly #leaseMs: number
  readonly #lease: Lease
  readonly #observer: StoreObserver
  #sent = 0
  #heard = 0
  #held = false
  #onHeard: () => void = () => {}
  #closed = false

  constructor(lease: Lease, leaseMs: number, observer: StoreObserver) {
    this.#observer = observer
    this.#lease = lease
    this.#leaseMs = leaseMs
  }

  /** Notes that a heartbeat of this process came back through the feed. */
  hear(beat: number): void {
    // A number that was not sent proves nothing, and must not count for later heartbeats.
    if (beat > this.#sent) return
    this.#heard = Math.max(this.#heard, beat)
    this.#onHeard()
  }

  /** Sends heartbeats until it is closed. */
  async run(feed: Feed, committer: Committer, onComplete: OnComplete): Promise<void> {
    const everyMs = this.#leaseMs / BEATS_IN_LEASE
    for (let beat = 1; !this.#closed; beat++) {
      const startedMs = performance.now()
      await this.#beat(beat, feed, committer, onComplete)
      this.#tellWhenLost()
      // Without a feed, no heartbeat was sent. The first heartbeat of the next feed follows soon after the feed starts.
      const restMs = feed.generation === null ? 0 : everyMs - (performance.now() - startedMs)
      await new Promise((resolve) => setTimeout(resolve, Math.max(everyMs / 10, restMs)))
    }
  }

  close(): void {
    this.#closed = true
  }

  #tellWhenLost(): void {
    const holds = this.#lease.isValid(readInstant())
    if (this.#held && !holds) this.#observer.event?.({ type: 'lease-lost' })
    this.#held = holds
  }

  async #beat(beat: number, feed: Feed, committer: Committer, onComplete: OnComplete): Promise<void> {
    const { generation } = feed
    if (generation === null) return
    const deadline = new Deadline(this.#leaseMs)
    const sentAt = readInstant()
    const sentAtMs = sentAt.monotonicMs
    this.#sent = beat
    let committed: Committed
    try {
      const signal = { channel: this.channel, message: String(beat) }
      committed = await committer.publish(signal, deadline)
    } catch {
      // Nothing is proved: the lease expires by itself, and reads go to a majority of the nodes.
      return
    }
    if (committed.complete && feed.generation === generation) {
      onComplete(sentAtMs, generation, committed.term)
    }
    if (await deadline.race(this.#untilHeard(beat))) {
      if (feed.generation === generation) this.#lease.prove(sentAt)
    }
  }

  async #untilHeard(beat: number): Promise<void> {
    if (this.#heard >= beat) return
    await new Promise<void>((resolve) => {
      this.#onHeard = () => {
        if (this.#heard >= beat) resolve()
      }
    })
  }
}
