import type { CallOptions } from '../../deadline.ts'
import type { JsonValue } from '../../record/claims.ts'
import type { Unavailable } from '../api/verification.ts'

export interface RegisterValue {
  value: JsonValue
  /** Higher than that of every earlier value of this name. */
  version: number
  /** When the value ends (Unix time in milliseconds). */
  expiresAtMs: number
}

export type PresentRegister = { status: 'present' } & RegisterValue

/** The register has no value: none was put, or it was taken or deleted, or it has ended. */
export interface AbsentRegister {
  status: 'absent'
}

export type RegisterAnswer = PresentRegister | AbsentRegister | Omit<Unavailable, 'id'>

export interface RegisterPut {
  /** At most 16 KiB as JSON. */
  value: JsonValue
  /** The value ends this long after now (in milliseconds, at most 400 days). */
  expiresInMs: number
  /**
   * The version that the value must have, or `absent` if there must be none. If that is not so, nothing is written.
   * Default: any.
   */
  ifVersion?: number | 'absent'
}

/**
 * Values that may be deleted and come again, such as one-time codes, counters and pending logins: a session under one
 * id never comes again. A name is 1 to 1024 characters. Only a keyed hash of it reaches Redis, and values are sealed.
 *
 * A change is acknowledged like a login, and is made on a primary that has received everything that earlier ones
 * acknowledged. So after a failover it waits, as `update` of {@link TokenStore} does. Methods throw as that one.
 * Backups do not contain registers.
 */
export interface Registers {
  readonly namespace: string

  /** Returns the value. Throws only `STORE_CLOSED` and `INVALID_OPTION`. */
  get(name: string, options?: CallOptions): Promise<RegisterAnswer>

  /**
   * Replaces the value. Answers *conflict* only if `ifVersion` is given. If a failover hides whether the put was applied,
   * and another change comes in between, it answers *conflict* although it was applied.
   */
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

  /**
   * Returns the value and deletes it. One of several calls gets the value, also if they run in several processes. If the call throws,
   * the value may have been taken: then no caller gets it.
   */
  take(name: string, options?: CallOptions): Promise<PresentRegister | AbsentRegister>

  /** Deletes the value. */
  delete(name: string, options?: CallOptions): Promise<{ deleted: boolean }>

  /**
   * Adds `by` (1 by default) to the value, which must be a number, and returns the sum. Without a value it begins with 0,
   * and `expiresInMs` sets when it ends. If a failover hides whether it was applied, and another increment comes in
   * between, this one is applied again.
   */
  increment(
    name: string,
    request: { by?: number; expiresInMs: number },
    options?: CallOptions,
  ): Promise<PresentRegister>
}
