import type { LiveRecord, TokenRecord } from './record.ts'

/**
 * The join of two records of one token: commutative, associative and idempotent, so that writes may arrive
 * twice, late and in any order. Revoked absorbs live. Of two live records the content (version, fixed times,
 * payload) is that of the higher version, ties by the rest and at last by bytes; the idle limit is the later
 * one whatever the version, so that an update never takes back a touch.
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

/** Whether `a` lacks nothing of `b`: merging `b` into it changes nothing. */
export function covers(a: TokenRecord, b: TokenRecord): boolean {
  if (a.state === 'revoked') return b.state === 'live' || b.expiresAtMs <= a.expiresAtMs
  return b.state === 'live' && compareContent(a, b) >= 0 && a.idleUntilMs >= b.idleUntilMs
}

/** Whether two live records hold the same content, whatever their idle limits. */
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
