import type { ClaimEntry, ExternalPart, LiveRecord, TokenRecord } from './record.ts'

/**
 * Merges two records of one session. The result is a join: commutative, associative and idempotent, so writes may
 * arrive twice, late and in any order. Revoked wins over live. If both are live, the content (version, fixed times,
 * payload) comes from the record with the higher version; ties are decided by the other fields and finally by
 * bytes. The idle limit is the later one regardless of the version, so an update never undoes a touch.
 *
 * The claims of an external session are merged one by one, each by its own version: two histories may have changed
 * different claims, and both changes were acknowledged (INV-TOKENS-59). Its idle limit is the later one of those that were set last.
 *
 * `scripts/merge.lua` is the same function on a node; a test runs both on the same random records.
 * INV-TOKENS-3.
 */
export function merge(a: TokenRecord, b: TokenRecord): TokenRecord {
  if (a.state === 'revoked') return b.state === 'revoked' && b.expiresAtMs > a.expiresAtMs ? b : a
  if (b.state === 'revoked') return b
  // The same object as before if nothing changes: answers are cached for it.
  if (covers(a, b)) return a
  if (covers(b, a)) return b
  const content = compareContent(a, b) >= 0 ? a : b
  const idle = compareIdle(a, b) >= 0 ? a : b
  const merged: LiveRecord = { ...content, idleUntilMs: idle.idleUntilMs }
  if (a.external === undefined && b.external === undefined) return merged
  const { writer, index } = partOf(content)
  const claims = mergeClaims(partOf(a).claims, partOf(b).claims)
  return { ...merged, external: { writer, idleVersion: partOf(idle).idleVersion, index, claims } }
}

/** Whether `a` contains everything of `b`: merging `b` into it changes nothing. */
export function covers(a: TokenRecord, b: TokenRecord): boolean {
  if (a.state === 'revoked') return b.state === 'live' || b.expiresAtMs <= a.expiresAtMs
  if (b.state === 'revoked' || compareContent(a, b) < 0 || compareIdle(a, b) < 0) return false
  if (b.external === undefined) return true
  const { claims } = partOf(a)
  for (const [name, claim] of b.external.claims) {
    const own = claims.get(name)
    if (own === undefined || compareClaims(own, claim) < 0) return false
  }
  return a.external !== undefined
}

/** Whether two live records have the same content, regardless of their idle limits. */
export function sameContent(a: LiveRecord, b: LiveRecord): boolean {
  if (a.external === undefined && b.external === undefined) return compareContent(a, b) === 0
  const { idleUntilMs } = a
  const other = { ...b, idleUntilMs }
  return covers(a, other) && covers(other, a)
}

/** What the record of a token has in the place of an external part. */
const NO_PART: ExternalPart = Object.freeze({ writer: '', idleVersion: 0, index: null, claims: new Map() })

const partOf = ({ external }: LiveRecord): ExternalPart => external ?? NO_PART

function compareContent(a: LiveRecord, b: LiveRecord): number {
  const [one, other] = [partOf(a), partOf(b)]
  return (
    a.version - b.version ||
    compareText(one.writer, other.writer) ||
    a.expiresAtMs - b.expiresAtMs ||
    a.issuedAtMs - b.issuedAtMs ||
    compareText(one.index ?? '', other.index ?? '') ||
    Buffer.compare(a.payload, b.payload)
  )
}

function compareIdle(a: LiveRecord, b: LiveRecord): number {
  return partOf(a).idleVersion - partOf(b).idleVersion || a.idleUntilMs - b.idleUntilMs
}

/** By the version and the writer. Bytes decide only between records that no process has written. */
function compareClaims(a: ClaimEntry, b: ClaimEntry): number {
  return a.version - b.version || compareText(a.writer, b.writer) || compareValues(a.value, b.value)
}

/** A deleted claim is the least value. */
function compareValues(a: Buffer | null, b: Buffer | null): number {
  if (a === null || b === null) return (a === null ? 0 : 1) - (b === null ? 0 : 1)
  return Buffer.compare(a, b)
}

function mergeClaims(
  a: ReadonlyMap<string, ClaimEntry>,
  b: ReadonlyMap<string, ClaimEntry>,
): Map<string, ClaimEntry> {
  const merged = new Map(a)
  for (const [name, claim] of b) {
    const known = merged.get(name)
    if (known === undefined || compareClaims(known, claim) < 0) merged.set(name, claim)
  }
  return merged
}

/** Compares ASCII texts by their bytes. */
function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
