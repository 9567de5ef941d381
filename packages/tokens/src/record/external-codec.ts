import { parseBase36, toBase36 } from './base36.ts'
import type { ClaimEntry, ExternalPart, LiveRecord } from './record.ts'

const INDEX_KEY = /^hf:\{([0-9A-Za-z]{3})\}:s:([\w-]{22})$/
const INDEX = /^([0-9A-Za-z]{3})([\w-]{22})$/
const WRITER = /^[0-9a-z]{0,16}$/
const NAME = /^[\w-]{16}$/
/** In the place of the length of a deleted claim, and of an index. */
const NONE = '-'
const COLON = 0x3a

/**
 * Encodes the record of an external session:
 * `1X<version>:<issuedAtMs>:<idleUntilMs>:<expires>:<idleVersion>:<writer>:<index>:<length>:<payload>`, and then for each
 * claim, in the order of the names, `<name>:<version>:<writer>:<length>:<value>`. `index` is the tag and the hash of
 * the index key, or `-`. The length of a deleted claim is `-`.
 */
export function encodeExternal(record: LiveRecord, external: ExternalPart): Buffer {
  const { version, idleUntilMs, issuedAtMs, expiresAtMs, payload } = record
  const { writer, idleVersion, index, claims } = external
  const numbers = [version, issuedAtMs, idleUntilMs, expiresAtMs - issuedAtMs, idleVersion].map(toBase36)
  const [, tag = '', hash = NONE] = INDEX_KEY.exec(index ?? '') ?? []
  const header = `1X${[...numbers, writer, tag + hash, toBase36(payload.length)].join(':')}:`
  const inOrder = [...claims].sort(([a], [b]) => (a < b ? -1 : 1))
  return Buffer.concat([Buffer.from(header, 'latin1'), payload, ...inOrder.flatMap(encodeClaim)])
}

function encodeClaim([name, { version, writer, value }]: [string, ClaimEntry]): Buffer[] {
  const length = value === null ? NONE : toBase36(value.length)
  const header = Buffer.from(`${name}:${toBase36(version)}:${writer}:${length}:`, 'latin1')
  return value === null ? [header] : [header, value]
}

/** Decodes what {@link encodeExternal} has encoded, or returns null for any other bytes. */
export function decodeExternal(bytes: Buffer): LiveRecord | null {
  const fields = new Fields(bytes, 2)
  const [version, issuedAtMs, idleUntilMs, expires, idleVersion] = [
    fields.number(),
    fields.number(),
    fields.number(),
    fields.number(),
    fields.number(),
  ]
  const writer = fields.text(WRITER)
  const index = fields.text(/^(-|[0-9A-Za-z]{3}[\w-]{22})$/)
  const payload = fields.bytes(fields.number())
  const claims = decodeClaims(fields)
  if (version === null || issuedAtMs === null || idleUntilMs === null || expires === null) return null
  if (idleVersion === null || writer === null || index === null || payload === null || claims === null) {
    return null
  }
  const [, tag, hash] = INDEX.exec(index) ?? []
  return {
    state: 'live',
    version,
    idleUntilMs,
    issuedAtMs,
    expiresAtMs: issuedAtMs + expires,
    payload,
    external: { writer, idleVersion, index: tag === undefined ? null : `hf:{${tag}}:s:${hash}`, claims },
  }
}

function decodeClaims(fields: Fields): Map<string, ClaimEntry> | null {
  const claims = new Map<string, ClaimEntry>()
  let last = ''
  while (!fields.atEnd) {
    const [name, version, writer] = [fields.text(NAME), fields.number(), fields.text(WRITER)]
    const value = fields.isNext(NONE) ? null : fields.bytes(fields.number())
    // Each claim once and in order, so that one record has one encoding.
    if (name === null || version === null || writer === null || fields.hasFailed || name <= last) return null
    claims.set(name, { version, writer, value })
    last = name
  }
  return fields.hasFailed ? null : claims
}

/** Reads fields that end with a colon. After the first one that cannot be read, every further one is null. */
class Fields {
  readonly #bytes: Buffer
  #at: number
  hasFailed = false

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  get atEnd(): boolean {
    return this.hasFailed || this.#at === this.#bytes.length
  }

  number(): number | null {
    const end = this.#end()
    return this.#take(parseBase36(this.#bytes, this.#at, end), end + 1)
  }

  text(pattern: RegExp): string | null {
    const end = this.#end()
    const text = end < 0 ? null : this.#bytes.toString('latin1', this.#at, end)
    return this.#take(text !== null && pattern.test(text) ? text : null, end + 1)
  }

  bytes(length: number | null): Buffer | null {
    const end = this.#at + (length ?? Number.POSITIVE_INFINITY)
    return this.#take(end > this.#bytes.length ? null : this.#bytes.subarray(this.#at, end), end)
  }

  /** Whether the next field is this text. If it is, reads it. */
  isNext(text: string): boolean {
    const end = this.#at + text.length
    if (this.#bytes[end] !== COLON || this.#bytes.toString('latin1', this.#at, end) !== text) return false
    this.#at = end + 1
    return true
  }

  #end(): number {
    return this.#bytes.indexOf(COLON, this.#at)
  }

  #take<T>(value: T | null, next: number): T | null {
    if (value === null) this.hasFailed = true
    if (this.hasFailed) return null
    this.#at = next
    return value
  }
}
