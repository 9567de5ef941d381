import { RedisReplyError } from '../../errors.ts'
import { CLOCK_SKEW_MS } from '../../record/record.ts'
import { jitter } from '../../redis/backoff.ts'
import type { ReplicaGroup } from '../../redis/group.ts'
import { SCRIPTS } from '../../scripts/scripts.ts'
import type { StoreObserver } from '../api/observer.ts'

/** The key that stores the position of the pass over all keys. */
const SWEEP_KEY = 'hf:sweep'
/** A step over this many keys keeps the primary busy for about a millisecond (6 µs per key on a busy machine). */
const KEYS_IN_STEP = 200
const BETWEEN_STEPS_MS = 100
const BETWEEN_PASSES_MS = 60_000
/** If another process makes the steps, this process checks at this interval whether it still does. */
const POLL_INTERVAL_MS = 5000
/** The pause after a failure, and while there is no primary or no clock that agrees. */
const RETRY_MS = 2000
const COMMAND_TIMEOUT_MS = 1000

/**
 * Removes records and list entries that ended longer than `CLOCK_SKEW_MS` ago. It does so on the primary, by the
 * clock of this process, while a majority of the clocks agrees with that clock. All processes share one pass:
 * usually one of them makes all steps, and the others check whether it still does. Only memory use depends on the
 * sweep.
 */
export class Sweeper {
  readonly #group: ReplicaGroup
  readonly #observer: StoreObserver
  readonly #closed = Promise.withResolvers<void>()
  #isClosed = false

  constructor(group: ReplicaGroup, observer: StoreObserver) {
    this.#group = group
    this.#observer = observer
    void this.#run()
  }

  close(): void {
    this.#isClosed = true
    this.#closed.resolve()
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      await this.#pause(await this.#step().catch((error: unknown) => this.#afterFailure(error)))
    }
  }

  /** Makes the next step if it is due. Returns how long to wait (in milliseconds). */
  async #step(): Promise<number> {
    const { primary } = this.#group
    const nowMs = this.#group.clock.checkedNowMs()
    if (primary === null || Number.isNaN(nowMs)) return jitter(RETRY_MS)
    const bounds = [nowMs, CLOCK_SKEW_MS, KEYS_IN_STEP, BETWEEN_STEPS_MS, BETWEEN_PASSES_MS]
    const reply = await primary.read(
      ['EVALSHA', SCRIPTS.sweep.sha, '1', SWEEP_KEY, ...bounds.map(String)],
      COMMAND_TIMEOUT_MS,
    )
    const [stepped, waitMs] = Array.isArray(reply) ? reply : []
    if (stepped === 1) return Number(waitMs)
    return jitter(Math.max(POLL_INTERVAL_MS, Number(waitMs)))
  }

  #afterFailure(error: unknown): number {
    if (!(error instanceof RedisReplyError) || error.kind !== 'NOPERM') return jitter(RETRY_MS)
    this.#observer.event?.({ type: 'sweep-refused', cause: error.message })
    return jitter(BETWEEN_PASSES_MS)
  }

  async #pause(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms)
    })
    await Promise.race([over, this.#closed.promise])
    clearTimeout(timer)
  }
}
