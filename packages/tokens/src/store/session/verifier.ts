import { type CallOptions, Deadline } from '../../deadline.ts'
import { type StoreOverloadedError, StoreUnavailableError } from '../../errors.ts'
import type { TokenRecord } from '../../record/record.ts'
import { publicId, type RecordKey } from '../../token/digest.ts'
import type { StoreObserver, VerificationPath } from '../api/observer.ts'
import type { Inactive, Unavailable } from '../api/verification.ts'
import { AnswerCache, type CachedAnswer } from '../cache/answer-cache.ts'
import { type Instant, readInstant } from '../clocks/instant.ts'
import type { Backend } from './backend.ts'
import type { ActiveWith, SessionOpener, SessionReader } from './session-reader.ts'

export interface VerifierOptions<Content extends object> {
  codec: SessionOpener<Content>
  reader: SessionReader<Content>
  observer: StoreObserver
  timeoutMs: number
  /** Maximum number of cached answers. */
  maxRemembered: number
}

/** Verifies tokens: from a cached answer, by the form of the token, from the near cache, or by asking the nodes. */
export class Verifier<Content extends object> {
  readonly #backend: Backend
  readonly #options: VerifierOptions<Content>
  readonly #remembered: AnswerCache<ActiveWith<Content>>

  constructor(backend: Backend, options: VerifierOptions<Content>) {
    this.#backend = backend
    this.#options = options
    this.#remembered = new AnswerCache(options.maxRemembered)
  }

  verify(token: string, options?: CallOptions): Promise<ActiveWith<Content> | Inactive | Unavailable> {
    const now = readInstant()
    return this.#recall(token, now)?.promise ?? this.#verify(token, options, now.monotonicMs)
  }

  verifyNow(token: string): ActiveWith<Content> | null {
    return this.#recall(token, readInstant())?.answer ?? null
  }

  #recall(token: string, now: Instant): CachedAnswer<ActiveWith<Content>> | null {
    const nowMs = this.#backend.clock.checkedNowMs(now)
    if (Number.isNaN(nowMs)) return null
    const remembered = this.#remembered.get(token, now, nowMs)
    if (remembered !== null) {
      this.#options.observer.verified?.('active', 'cache', performance.now() - now.monotonicMs)
    }
    return remembered
  }

  async #verify(
    token: string,
    options: CallOptions | undefined,
    startedMs: number,
  ): Promise<ActiveWith<Content> | Inactive | Unavailable> {
    const { codec, reader, timeoutMs } = this.#options
    const deadline = Deadline.of(options, timeoutMs)
    const key = codec.keyOf(token)
    if (key === null) return this.#tell(codec.refuse(token), 'token', startedMs)
    if (this.#backend.clock.problem !== null) await this.#backend.compareClocks()
    const known = this.#backend.recall(key, readInstant())
    // A live record in the cache never leads to *expired*: another server may have touched the session just now.
    if (known !== null && (known.record.state === 'revoked' || reader.isLive(known.record))) {
      const answer = this.#judge(token, key, known.record)
      if (answer.status === 'active') this.#remembered.add(token, known, answer)
      return this.#tell(answer, 'cache', startedMs)
    }
    const answer = await this.#backend.read(key, deadline)
    if (answer.known) return this.#tell(this.#judge(token, key, answer.value), answer.path, startedMs)
    return this.#tell(unavailable(key, answer.error), 'quorum', startedMs)
  }

  #tell<V extends ActiveWith<Content> | Inactive | Unavailable>(
    answer: V,
    path: VerificationPath,
    startedMs: number,
  ): V {
    this.#options.observer.verified?.(answer.status, path, performance.now() - startedMs)
    return answer
  }

  /** Describes a record, but answers *unavailable* if the answer depends on a clock that cannot be trusted. */
  #judge(
    token: string,
    key: RecordKey,
    record: TokenRecord | null,
  ): ActiveWith<Content> | Inactive | Unavailable {
    try {
      return this.#options.reader.describe(token, key, record)
    } catch (error) {
      if (error instanceof StoreUnavailableError) return unavailable(key, error)
      throw error
    }
  }
}

function unavailable(
  { digest }: RecordKey,
  { code, message }: StoreUnavailableError | StoreOverloadedError,
): Unavailable {
  return { status: 'unavailable', code, cause: message, id: publicId(digest) }
}
