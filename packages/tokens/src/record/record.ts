/**
 * The value that a node stores for one session: a value of a join-semilattice (see merge.ts). All times are Unix
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
  /** Only for a session under an external id, whose claims are merged one by one. */
  external?: ExternalPart
}

/** What the record of an external session has beside that of a token. Its payload has no claims. */
export interface ExternalPart {
  /** The put that wrote the payload. With the version, it decides which payload is newer. */
  writer: string
  /** The version in which the idle end was set to an earlier time. A touch in an earlier version does not count. */
  idleVersion: number
  /** The key of the index that lists the session; null while it has no subject. It belongs to the payload. */
  index: string | null
  /** The claims by the HMAC of their names. A deleted one stays, so that no late write brings it back. */
  claims: ReadonlyMap<string, ClaimEntry>
}

/** One claim of an external session. */
export interface ClaimEntry {
  version: number
  writer: string
  /** The sealed name and value; null for a deleted claim. */
  value: Buffer | null
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

/** The version of the newest change. */
export function versionOf({ version, external }: LiveRecord): number {
  if (external === undefined) return version
  let newest = Math.max(version, external.idleVersion)
  for (const claim of external.claims.values()) newest = Math.max(newest, claim.version)
  return newest
}
