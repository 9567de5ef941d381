import { randomBytes } from 'node:crypto'
import { Deadline } from '../deadline.ts'
import type { Committer } from './commit.ts'
import type { Feed } from './feed.ts'
import { readInstant } from './instant.ts'
import type { Lease } from './lease.ts'
import type { StoreObserver } from './observer.ts'
import type { Committed } from './pending-write.ts'

/** Beats in one lease: as many may be lost or late before it ends. */
const BEATS_IN_LEASE = 3

/** Is called for a heartbeat that every planned replica has confirmed: when it was sent, in which generation of the feed and which term. */
type OnComplete = (sentAtMs: number, generation: number, term: number) => void

/**
 * Proves the lease, several times in its length. A beat is a message that travels through the primary to its
 * replicas, as a write does, and back through the feed. When a replica has confirmed it *and* it was heard, three
 * things held when it was sent: the primary had a follower, so nobody else could acknowledge anything; the feed
 * had delivered all that was published before; and the lease begins at that time.
 */
export class Heartbeat {
  /** The channel of this process's beats. */
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

  /** A beat of this process came through the feed. */
  hear(beat: number): void {
    // A number that was not sent proves nothing, and must not stand for the beats to come.
    if (beat > this.#sent) return
    this.#heard = Math.max(this.#heard, beat)
    this.#onHeard()
  }

  /** Beats until it is closed. */
  async run(feed: Feed, committer: Committer, onComplete: OnComplete): Promise<void> {
    const everyMs = this.#leaseMs / BEATS_IN_LEASE
    for (let beat = 1; !this.#closed; beat++) {
      const startedMs = performance.now()
      await this.#beat(beat, feed, committer, onComplete)
      this.#tellWhenLost()
      // Without a feed nothing was sent: the first beat of the next one comes soon after it has begun.
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
      // Not proved: the lease runs out by itself, and reads go to a majority of the nodes.
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
