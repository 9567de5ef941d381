import type { KeyObject } from 'node:crypto'
import type { CallOptions } from '../../deadline.ts'
import { Deadline } from '../../deadline.ts'
import { InvalidOptionError } from '../../errors.ts'
import { attemptKey } from '../../token/digest.ts'
import { randomFrom } from '../../token/random.ts'
import { checkNumber, checkText } from '../api/limits.ts'
import { type Attempt, type AttemptLimit, type Attempts, MAX_ATTEMPTS } from './attempts.ts'
import type { AttemptBackend } from './requests.ts'

const MAX_NAME_LENGTH = 1024
const DAY_MS = 86_400_000
const MAX_WINDOW_MS = 400 * DAY_MS
const DEFAULT_PAUSE_MS = 1000
const ID_BYTES = 9
const ID = /^[\w-]{1,64}$/

/** Checks attempts and their limits, and counts them in any backend. */
export class AttemptCounter implements Attempts {
  readonly #backend: AttemptBackend
  readonly #indexKey: KeyObject
  readonly #timeoutMs: number

  constructor(backend: AttemptBackend, indexKey: KeyObject, timeoutMs: number) {
    this.#backend = backend
    this.#indexKey = indexKey
    this.#timeoutMs = timeoutMs
  }

  async take(limits: readonly AttemptLimit[], options?: CallOptions & { id?: string }): Promise<Attempt> {
    const checked = limits.map((limit, index) => this.#check(limit, `limits[${index}]`))
    if (new Set(checked.map(({ key }) => key)).size < checked.length) {
      throw new InvalidOptionError('`limits` must not name the same name twice.')
    }
    const id = checkId(options?.id ?? randomFrom(ID_BYTES).toString('base64url'))
    const deadline = Deadline.of(options, this.#timeoutMs)
    // An attempt with a time in the future would lock out every user who shares a limit with it.
    await this.#backend.requireClock(deadline)
    const taken = await this.#backend.take({ id, nowMs: Date.now(), limits: checked }, deadline)
    return taken.allowed ? { allowed: true, id } : taken
  }

  async giveBack(
    id: string,
    { names = [], cleared = [] }: { names?: readonly string[]; cleared?: readonly string[] },
    options?: CallOptions,
  ): Promise<void> {
    const logs = [
      ...names.map((name, index) => ({ key: this.#key(name, `names[${index}]`), older: false })),
      ...cleared.map((name, index) => ({ key: this.#key(name, `cleared[${index}]`), older: true })),
    ]
    await this.#backend.giveBack({ id: checkId(id), logs }, Deadline.of(options, this.#timeoutMs))
  }

  #check(limit: AttemptLimit, at: string) {
    const most = checkNumber(`${at}.limit`, limit.limit, 1, MAX_ATTEMPTS)
    return {
      key: this.#key(limit.name, `${at}.name`),
      limit: most,
      windowMs: checkNumber(`${at}.windowMs`, limit.windowMs, 1000, MAX_WINDOW_MS),
      pauseAfter: checkNumber(`${at}.pauseAfter`, limit.pauseAfter ?? MAX_ATTEMPTS, 1, MAX_ATTEMPTS),
      pauseMs: checkNumber(`${at}.pauseMs`, limit.pauseMs ?? DEFAULT_PAUSE_MS, 1, DAY_MS),
    }
  }

  #key(name: unknown, at: string): string {
    return attemptKey(this.#indexKey, checkText(at, name, 1, MAX_NAME_LENGTH))
  }
}

function checkId(id: unknown): string {
  if (typeof id === 'string' && ID.test(id)) return id
  throw new InvalidOptionError('`id` must be 1 to 64 of A-Z, a-z, 0-9, "_" and "-".')
}
