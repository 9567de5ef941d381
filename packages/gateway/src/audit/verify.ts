import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { fileError } from '../files/private.ts'
import { type ChainLine, isLogLine, readLine, sha256 } from './chain.ts'

export interface AuditReport {
  /** The problems, in line order; empty when every chain is intact. */
  faults: AuditFault[]
  chains: AuditChain[]
  /** Lines of the ordinary log in between, which belong to no chain. */
  passedOver: number
  /** Lines that a crash cut off and that the next line reports. */
  torn: number
}

interface AuditFault {
  kind: 'changed' | 'missing' | 'reordered' | 'cut' | 'anchor'
  file: string
  /** From 1. */
  line: number
  /** One sentence without a capital and a full stop. */
  message: string
}

interface AuditChain {
  chain: string
  /** The number of its first line in the given files: above 1 when older files were not given. */
  first: number
  last: number
  lines: number
  /** The hash of its last line. Keep it elsewhere: a later check with `expect` shows whether lines were cut off since. */
  hash: string
}

interface Place {
  file: string
  line: number
}

interface Followed extends AuditChain {
  /** Numbers that are missing so far. */
  gaps: (Place & { from: number; to: number })[]
}

/**
 * Checks the chains of an audit log through its files, given from the oldest to the newest. `-` is standard input, and
 * files that end in `.gz` are decompressed. Each hash in `expect` must be among the lines. Throws `FILE_UNUSABLE`.
 *
 * The check finds lines that were changed, removed, reordered or cut off. An attacker who can write the file can also make
 * a new chain, or cut off its end: only a hash that was kept elsewhere shows that.
 */
export async function verifyAudit(
  files: readonly string[],
  options: { expect?: readonly string[]; stdin?: Readable } = {},
): Promise<AuditReport> {
  const check = new Check(options.expect ?? [])
  for (const file of files) {
    let line = 0
    try {
      for await (const text of createInterface({ input: contentOf(file, options.stdin) })) {
        line += 1
        check.add(text, { file, line })
      }
    } catch (error) {
      throw fileError(error, file, 'audit log')
    }
  }
  return check.report(files.at(-1) ?? '')
}

function contentOf(file: string, stdin: Readable = process.stdin): Readable {
  if (file === '-') return stdin
  const raw = createReadStream(file)
  if (!file.endsWith('.gz')) return raw
  const plain = createGunzip()
  raw.on('error', (error) => plain.destroy(error))
  return raw.pipe(plain)
}

class Check {
  readonly #missing: Set<string>
  readonly #chains = new Map<string, Followed>()
  readonly #faults: AuditFault[] = []
  #fragment: (Place & { text: string }) | null = null
  #passedOver = 0
  #torn = 0

  constructor(expect: readonly string[]) {
    this.#missing = new Set(expect)
  }

  add(text: string, place: Place): void {
    const line = readLine(text)
    if (line === null) {
      this.#endOfFragment()
      if (isLogLine(text)) this.#passedOver += 1
      else this.#fragment = { ...place, text }
      return
    }
    if (line.event === 'audit-torn' && this.#fragment && sha256(this.#fragment.text) === line.torn) {
      this.#fragment = null
      this.#torn += 1
    }
    this.#endOfFragment()
    this.#missing.delete(line.hash)
    if (!line.intact) {
      this.#report(
        'changed',
        place,
        `line ${line.seq} of chain ${line.chain} was changed: its text does not match its hash`,
      )
    }
    this.#follow(line, place)
  }

  /** Reports a fragment that no line reports. That line may be the first of the next file. */
  #endOfFragment(): void {
    if (this.#fragment)
      this.#report(
        'cut',
        this.#fragment,
        'this is not a complete line of an audit log: it was cut off or changed',
      )
    this.#fragment = null
  }

  report(lastFile: string): AuditReport {
    this.#endOfFragment()
    for (const { chain, gaps } of this.#chains.values()) {
      for (const { from, to, ...place } of gaps) {
        const numbers = from === to ? `line ${from} is` : `lines ${from} to ${to} are`
        this.#report('missing', place, `${numbers} missing before this line of chain ${chain}`)
      }
    }
    for (const hash of this.#missing) {
      const message = `no line has the expected hash ${hash}: lines were cut off at the end, or the log was replaced`
      this.#report('anchor', { file: lastFile, line: 0 }, message)
    }
    const chains = [...this.#chains.values()].map(({ gaps: _gaps, ...chain }) => chain)
    return { faults: this.#faults, chains, passedOver: this.#passedOver, torn: this.#torn }
  }

  #follow(line: ChainLine, place: Place): void {
    const { chain, seq, hash, prev } = line
    const known = this.#chains.get(chain)
    if (known === undefined) {
      this.#chains.set(chain, { chain, first: seq, last: seq, lines: 1, hash, gaps: [] })
      return
    }
    known.lines += 1
    if (seq <= known.last) {
      fill(known, seq)
      this.#report(
        'reordered',
        place,
        `line ${seq} of chain ${chain} is out of order: line ${known.last} precedes it`,
      )
      return
    }
    if (seq > known.last + 1) known.gaps.push({ ...place, from: known.last + 1, to: seq - 1 })
    else if (prev !== known.hash) {
      this.#report(
        'changed',
        place,
        `the line before line ${seq} of chain ${chain} is not the line that preceded it when it was written`,
      )
    }
    known.last = seq
    known.hash = hash
  }

  #report(kind: AuditFault['kind'], { file, line }: Place, message: string): void {
    this.#faults.push({ kind, file, line, message })
  }
}

/** Removes a number from the gaps. */
function fill(known: Followed, seq: number): void {
  known.gaps = known.gaps.flatMap((gap) => {
    if (seq < gap.from || seq > gap.to) return [gap]
    const parts = [
      { ...gap, to: seq - 1 },
      { ...gap, from: seq + 1 },
    ]
    return parts.filter(({ from, to }) => from <= to)
  })
}
