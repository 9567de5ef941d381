/**
 * What a node stores for one token: a value of a join-semilattice (see merge.ts). All times are Unix times
 * in milliseconds.
 */
export type TokenRecord = LiveRecord | RevokedRecord

export interface LiveRecord {
  state: 'live'
  /** Raised by one with each change of the payload. */
  version: number
  idleUntilMs: number
  issuedAtMs: number
  expiresAtMs: number
  payload: Buffer
}

/** A tombstone. It stays until the token's absolute end, so that no late or repeated write can undo it. */
export interface RevokedRecord {
  state: 'revoked'
  expiresAtMs: number
}

/** How far the clocks of two servers may differ: records outlive their end by this much (in milliseconds). */
export const CLOCK_SKEW_MS = 60_000

/** The tombstone of a record. */
export function tombstone({ expiresAtMs }: TokenRecord): RevokedRecord {
  return { state: 'revoked', expiresAtMs }
}

/** When a live record's session ends, if nothing touches it. */
export function endsAtMs(record: LiveRecord): number {
  return Math.min(record.idleUntilMs, record.expiresAtMs)
}

/** When a node may forget the record (Unix time in milliseconds). INV-TOKENS-5. */
export function keepUntilMs(record: TokenRecord): number {
  return (record.state === 'live' ? endsAtMs(record) : record.expiresAtMs) + CLOCK_SKEW_MS
}
