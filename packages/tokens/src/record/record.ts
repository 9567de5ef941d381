/**
 * The value that a node stores for one token: a value of a join-semilattice (see merge.ts). All times are Unix
 * times in milliseconds.
 */
export type TokenRecord = LiveRecord | RevokedRecord

export interface LiveRecord {
  state: 'live'
  /** Increases by one with each change of the payload. */
  version: number
  idleUntilMs: number
  issuedAtMs: number
  expiresAtMs: number
  payload: Buffer
}

/** A tombstone. It stays until the absolute end of the token, so that no late or repeated write can undo it. */
export interface RevokedRecord {
  state: 'revoked'
  expiresAtMs: number
}

/**
 * The maximum difference between the clocks of two servers: records are kept this long after their end (in
 * milliseconds).
 */
export const CLOCK_SKEW_MS = 60_000

/** Returns the tombstone of a record. */
export function tombstone({ expiresAtMs }: TokenRecord): RevokedRecord {
  return { state: 'revoked', expiresAtMs }
}

/** When the session of a live record ends, unless it is touched. */
export function endsAtMs(record: LiveRecord): number {
  return Math.min(record.idleUntilMs, record.expiresAtMs)
}

/** When a node may remove the record (Unix time in milliseconds). INV-TOKENS-5. */
export function keepUntilMs(record: TokenRecord): number {
  return (record.state === 'live' ? endsAtMs(record) : record.expiresAtMs) + CLOCK_SKEW_MS
}
