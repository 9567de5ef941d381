import { createHash } from 'node:crypto'

/**
 * The last line of a chain. Each line carries its number, the hash of the line before (`prev`), and its own: the SHA-256
 * of its text without the member `hash`, which is always its last.
 */
export interface ChainHead {
  /** Tells chains apart that are in one stream: one for each file, or for each process that writes to standard output. */
  chain: string
  /** Number of the line, from 1; 0 before the first. */
  seq: number
  hash: string
}

const NO_HASH = '0'.repeat(64)
const OWN_HASH = /,"hash":"([0-9a-f]{64})"\}$/

/** A chain without lines. */
export const emptyChain = (chain: string): ChainHead => ({ chain, seq: 0, hash: NO_HASH })

/** The next line of a chain, without a line feed, and the chain's head after it. INV-GATEWAY-21. */
export function nextLine(
  head: ChainHead,
  fields: Readonly<Record<string, unknown>>,
): { line: string; head: ChainHead } {
  const [chain, seq] = [head.chain, head.seq + 1]
  const body = JSON.stringify({ ...fields, chain, seq, prev: head.hash })
  const hash = sha256(body)
  return { line: `${body.slice(0, -1)},"hash":"${hash}"}`, head: { chain, seq, hash } }
}

/** A line as it was found. */
export interface ChainLine extends ChainHead {
  prev: string
  event: string
  /** Of an `audit-torn`: the hash of the fragment before it. */
  torn: string | null
  /** False when its text is not that of which it carries the hash. */
  intact: boolean
}

/** Reads a line; null when it is none of a chain. */
export function readLine(line: string): ChainLine | null {
  const own = OWN_HASH.exec(line)
  const hash = own?.[1]
  if (own === null || hash === undefined) return null
  const body = `${line.slice(0, own.index)}}`
  const { chain, seq, prev, event, torn } = objectOf(body)
  if (typeof chain !== 'string' || typeof seq !== 'number' || typeof prev !== 'string') return null
  return {
    chain,
    seq,
    prev,
    hash,
    event: String(event),
    torn: typeof torn === 'string' ? torn : null,
    intact: sha256(body) === hash,
  }
}

/** True for a line of the common log: JSON, and of no chain. */
export function isLogLine(line: string): boolean {
  return Object.keys(objectOf(line)).length > 0 && !line.includes('"chain":')
}

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    // Not JSON: whatever it is, it has none of the members that are asked for.
    return {}
  }
}
