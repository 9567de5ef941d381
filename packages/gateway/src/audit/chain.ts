import { createHash } from 'node:crypto'

/**
 * The last line of a chain. Each line contains its number, the hash of the previous line (`prev`), and its own hash: the
 * SHA-256 of its text without the member `hash`, which is always the last one.
 */
export interface ChainHead {
  /** Identifies the chain within a stream: each file has one chain, and so has each process that writes to standard output. */
  chain: string
  /** Number of the line, from 1; 0 before the first. */
  seq: number
  hash: string
}

const NO_HASH = '0'.repeat(64)
const OWN_HASH = /,"hash":"([0-9a-f]{64})"\}$/

/** A chain without lines. */
export const emptyChain = (chain: string): ChainHead => ({ chain, seq: 0, hash: NO_HASH })

/** The next line of a chain, without a line feed, and the head of the chain after it. INV-GATEWAY-21. */
export function nextLine(
  head: ChainHead,
  fields: Readonly<Record<string, unknown>>,
): { line: string; head: ChainHead } {
  const [chain, seq] = [head.chain, head.seq + 1]
  const body = JSON.stringify({ ...fields, chain, seq, prev: head.hash })
  const hash = sha256(body)
  return { line: `${body.slice(0, -1)},"hash":"${hash}"}`, head: { chain, seq, hash } }
}

/** A line as read from a file. */
export interface ChainLine extends ChainHead {
  prev: string
  event: string
  /** For an `audit-torn` entry: the hash of the fragment before it. */
  torn: string | null
  /** False when its text does not match its hash. */
  intact: boolean
}

/** Parses a line; null when it does not belong to a chain. */
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

/** True for a line of the ordinary log: JSON that belongs to no chain. */
export function isLogLine(line: string): boolean {
  return Object.keys(objectOf(line)).length > 0 && !line.includes('"chain":')
}

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    // Not JSON, so it has none of the expected members.
    return {}
  }
}
