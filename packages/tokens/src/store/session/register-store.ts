import type { KeyObject } from 'node:crypto'
import { type CallOptions, Deadline } from '../../deadline.ts'
import {
  InvalidOptionError,
  StoreOverloadedError,
  StoreUnavailableError,
  UpdateConflictError,
} from '../../errors.ts'
import type { JsonValue } from '../../record/claims.ts'
import { type LiveRecord, type TokenRecord, versionOf } from '../../record/record.ts'
import { type RecordKey, registerKey, subjectKey } from '../../token/digest.ts'
import { seal, unseal } from '../../token/seal.ts'
import { checkLifetime, checkNumber, checkText, checkValue } from '../api/limits.ts'
import type { Inactive } from '../api/verification.ts'
import type { Backend } from './backend.ts'
import type { KeyedQueue } from './keyed-queue.ts'
import type { AbsentRegister, PresentRegister, RegisterAnswer, RegisterPut, Registers } from './registers.ts'
import type { Renewal } from './renewal.ts'
import { type SessionOpener, SessionReader } from './session-reader.ts'

export interface RegisterStoreOptions {
  dataCentre: string
  namespace: string
  renewal: Renewal
  changes: KeyedQueue
  verifyTimeoutMs: number
  writeTimeoutMs: number
  /** Returns a text that no other change has. */
  newWriter: () => string
}

interface Content {
  value: JsonValue
  version: number
  endsAtMs: number
}

/** The answer of a change, and the value that it writes: undefined for none, null to delete it. */
interface Change<T> {
  answer: T
  write?: { value: JsonValue; endsAtMs: number } | null
}

const MAX_NAME_LENGTH = 1024
const ABSENT: AbsentRegister = Object.freeze({ status: 'absent' })

/** Translates between registers and records. The value is the payload; a deleted one is an empty payload. */
class RegisterCodec implements SessionOpener<Content> {
  readonly #options: RegisterStoreOptions
  /** The index key never changes, so no rotation of the key ring has to look for registers. */
  readonly #key: KeyObject

  constructor(options: RegisterStoreOptions) {
    this.#options = options
    this.#key = options.renewal.keyring.deriveKey('registers')
  }

  keyOf(name: string): RecordKey {
    checkText('name', name, 1, MAX_NAME_LENGTH)
    return registerKey(this.#options.renewal.keyring.indexKey, this.#options.namespace, name)
  }

  refuse(): Inactive {
    return { status: 'inactive', reason: 'malformed' }
  }

  subjectKey(subject: string) {
    return subjectKey(this.#options.renewal.keyring.indexKey, subject)
  }

  open(_name: string, key: RecordKey, record: LiveRecord): Content | null {
    const text = unseal(
      this.#key,
      record.payload,
      this.#context(key, record.version, record.external?.writer ?? ''),
    )
    if (text === null) return null
    const [value, endsAtMs] = JSON.parse(text) as [JsonValue, number]
    return { value, version: record.version, endsAtMs }
  }

  /**
   * Returns the record of a change. It is kept as long as any value before it would be, so that a late write of such a
   * value finds it.
   */
  change(
    key: RecordKey,
    before: LiveRecord | null,
    {
      write,
      version,
      nowMs,
    }: { write: { value: JsonValue; endsAtMs: number } | null; version: number; nowMs: number },
  ): LiveRecord {
    const writer = this.#options.newWriter()
    const expiresAtMs = Math.max(before?.expiresAtMs ?? nowMs, write?.endsAtMs ?? nowMs)
    const text = write === null ? null : JSON.stringify([write.value, write.endsAtMs])
    return {
      state: 'live',
      version,
      issuedAtMs: Math.min(before?.issuedAtMs ?? nowMs, nowMs),
      idleUntilMs: expiresAtMs,
      expiresAtMs,
      payload: text === null ? Buffer.alloc(0) : seal(this.#key, text, this.#context(key, version, writer)),
      external: { writer, idleVersion: 0, index: null, claims: new Map() },
    }
  }

  #context({ digest }: RecordKey, version: number, writer: string): string {
    return `register ${this.#options.dataCentre} ${digest} ${version} ${writer}`
  }
}

/**
 * Registers of one namespace, over any backend. The last writer wins by (version, writer), and a deletion is a version
 * like any other. The first version of a name is the time, so it is above those of a record that was removed long ago.
 * INV-TOKENS-61.
 */
export class RegisterStore implements Registers {
  readonly namespace: string
  readonly #backend: Backend
  readonly #options: RegisterStoreOptions
  readonly #codec: RegisterCodec
  readonly #reader: SessionReader<Content>

  constructor(backend: Backend, options: RegisterStoreOptions) {
    this.namespace = options.namespace
    this.#backend = backend
    this.#options = options
    this.#codec = new RegisterCodec(options)
    this.#reader = new SessionReader(backend, this.#codec)
  }

  async get(name: string, options?: CallOptions): Promise<RegisterAnswer> {
    const key = this.#codec.keyOf(name)
    const deadline = Deadline.of(options, this.#options.verifyTimeoutMs)
    try {
      const record = await this.#read(key, deadline)
      const found = this.#found(name, key, record, await this.#reader.now(deadline))
      return found === null ? ABSENT : present(found)
    } catch (error) {
      if (!(error instanceof StoreUnavailableError || error instanceof StoreOverloadedError)) throw error
      return { status: 'unavailable', code: error.code, cause: error.message }
    }
  }

  put(
    name: string,
    request: RegisterPut & { ifVersion: number | 'absent' },
    options?: CallOptions,
  ): Promise<PresentRegister | { status: 'conflict' }>
  put(
    name: string,
    request: RegisterPut & { ifVersion?: never },
    options?: CallOptions,
  ): Promise<PresentRegister>
  async put(
    name: string,
    { value, expiresInMs, ifVersion }: RegisterPut,
    options?: CallOptions,
  ): Promise<PresentRegister | { status: 'conflict' }> {
    checkValue(value)
    checkLifetime('expiresInMs', expiresInMs)
    return this.#change<PresentRegister | { status: 'conflict' }>(name, options, (found, version, nowMs) => {
      const isOther = ifVersion !== undefined && ifVersion !== (found?.version ?? 'absent')
      if (isOther) return { answer: { status: 'conflict' } }
      const endsAtMs = nowMs + expiresInMs
      return { write: { value, endsAtMs }, answer: present({ value, version, endsAtMs }) }
    })
  }

  take(name: string, options?: CallOptions): Promise<PresentRegister | AbsentRegister> {
    return this.#change<PresentRegister | AbsentRegister>(name, options, (found) =>
      found === null ? { answer: ABSENT } : { write: null, answer: present(found) },
    )
  }

  async delete(name: string, options?: CallOptions): Promise<{ deleted: boolean }> {
    const { status } = await this.take(name, options)
    return { deleted: status === 'present' }
  }

  async increment(
    name: string,
    { by = 1, expiresInMs }: { by?: number; expiresInMs: number },
    options?: CallOptions,
  ): Promise<PresentRegister> {
    checkNumber('by', by, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
    checkLifetime('expiresInMs', expiresInMs)
    return this.#change(name, options, (found, version, nowMs) => {
      const before = found?.value ?? 0
      if (typeof before !== 'number') {
        throw new InvalidOptionError(
          'The register has a value that is not a number, so it cannot be incremented.',
        )
      }
      const changed = { value: before + by, endsAtMs: found?.endsAtMs ?? nowMs + expiresInMs }
      return { write: changed, answer: present({ ...changed, version }) }
    })
  }

  /** Changes a register after all earlier changes in this process, and again if another process was first. */
  async #change<T extends object>(
    name: string,
    options: CallOptions | undefined,
    decide: (found: Content | null, version: number, nowMs: number) => Change<T>,
  ): Promise<T> {
    const key = this.#codec.keyOf(name)
    const deadline = Deadline.of(options, this.#options.writeTimeoutMs)
    return this.#options.changes.runUntilDone(
      key.key,
      deadline,
      () => this.#tryToChange(name, key, decide, deadline),
      () =>
        new UpdateConflictError(
          'Other processes changed the register during each attempt of this change, until its deadline. Try again later.',
        ),
    )
  }

  async #tryToChange<T extends object>(
    name: string,
    key: RecordKey,
    decide: (found: Content | null, version: number, nowMs: number) => Change<T>,
    deadline: Deadline,
  ): Promise<T | null> {
    await this.#backend.requireClock(deadline)
    const record = await this.#read(key, deadline)
    const nowMs = await this.#reader.now(deadline)
    const before = record?.state === 'live' ? record : null
    const version = Math.max((before === null ? 0 : versionOf(before)) + 1, nowMs)
    const { write, answer } = decide(this.#found(name, key, record, nowMs), version, nowMs)
    if (write === undefined) {
      // The deletion that was found may be on the primary alone, and a failover would bring the value back.
      if (before !== null)
        await this.#backend.merge([{ key, subject: null, record: before, changesStored: true }], deadline)
      return answer
    }
    const changed = this.#codec.change(key, before, { write, version, nowMs })
    const [stored] = await this.#backend.merge(
      [
        {
          key,
          subject: null,
          record: changed,
          ifVersion: before === null ? 0 : versionOf(before),
          ...(before !== null && { changesStored: true as const }),
        },
      ],
      deadline,
    )
    const isOurs =
      stored?.state === 'live' &&
      stored.version === version &&
      stored.external?.writer === changed.external?.writer
    return isOurs ? answer : null
  }

  /**
   * Reads the record on a primary that has received everything: otherwise a value that was taken could still be there, or
   * one that was put could be missing.
   */
  #read(key: RecordKey, deadline: Deadline): Promise<TokenRecord | null> {
    return this.#backend.onOnePrimary(() => this.#reader.readOrThrow(key, deadline), deadline)
  }

  #found(name: string, key: RecordKey, record: TokenRecord | null, nowMs: number): Content | null {
    const found = this.#reader.describe(name, key, record)
    return found.status === 'active' && nowMs < found.endsAtMs ? found : null
  }
}

function present({ value, version, endsAtMs }: Content): PresentRegister {
  return { status: 'present', value, version, expiresAtMs: endsAtMs }
}
