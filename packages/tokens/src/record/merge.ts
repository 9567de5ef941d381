import type { LiveRecord, TokenRecord } from './record.ts'

/**
 * Merges two records of one token. The result is a join: commutative, associative and idempotent, so writes may
 * arrive twice, late and in any order. Revoked wins over live. If both are live, the content (version, fixed times,
 * payload) comes from the record with the higher version; ties are decided by the other fields and finally by
 * bytes. The idle limit is the later one regardless of the version, so an update never undoes a touch.
 *
 * `scripts/merge.lua` is the same function on a node; a test runs both on the same random records.
 * INV-TOKENS-3.
 */
export function merge(a: TokenRecord, b: TokenRecord): TokenRecord {
  if (a.state === 'revoked') return b.state === 'revoked' && b.expiresAtMs > a.expiresAtMs ? b : a
  if (b.state === 'revoked') return b
  const [content, other] = compareContent(a, b) >= 0 ? [a, b] : [b, a]
  return content.idleUntilMs >= other.idleUntilMs ? content : { ...content, idleUntilMs: other.idleUntilMs }
}

/** Whether `a` contains everything of `b`: merging `b` into it changes nothing. */
export function covers(a: TokenRecord, b: TokenRecord): boolean {
  if (a.state === 'revoked') return b.state === 'live' || b.expiresAtMs <= a.expiresAtMs
  return b.state === 'live' && compareContent(a, b) >= 0 && a.idleUntilMs >= b.idleUntilMs
}

/** Whether two live records have the same content, regardless of their idle limits. */
export function sameContent(a: LiveRecord, b: LiveRecord): boolean {
  return compareContent(a, b) === 0
}

function compareContent(a: LiveRecord, b: LiveRecord): number {
  return (
    a.version - b.version ||
    a.expiresAtMs - b.expiresAtMs ||
    a.issuedAtMs - b.issuedAtMs ||
    Buffer.compare(a.payload, b.payload)
  )
}
