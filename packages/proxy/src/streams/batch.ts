import {
  array,
  errorKind,
  errorReply,
  isError,
  isNull,
  nullArray,
  type Protocol,
  textOf,
} from '../resp/reply.ts'
import { elementsOf } from '../resp/reply-splitter.ts'
import { encodeCommand } from '../resp/request-parser.ts'
import type { Call } from './call.ts'
import { formatRecord, RECORD_LASTS_MS } from './completion-record.ts'

/** Where the completion record of a stream is. */
export interface RecordPlace {
  key: string
  /** The logical database of the records, so that clients do not see them. */
  db: number
}

/** The calls that are sent together as one transaction, with the number of the batch. */
export interface Batch {
  number: number
  calls: Call[]
}

/** The rules that keep the promises of writes. Each holds in production; a test takes one out and shows what is lost. */
export interface WriteRules {
  /** The completion record is watched on the socket that sends. */
  guard: boolean
  /** An answered batch is kept until every planned replica has it. */
  journal: boolean
  /** A batch is answered only in the term in which it was sent. */
  term: boolean
}

export const ALL_WRITE_RULES: WriteRules = Object.freeze({ guard: true, journal: true, term: true })

/** What became of a transaction. */
export type Outcome =
  /** It was done. One answer for each call. */
  | { kind: 'done'; answers: Buffer[] }
  /** The guard ended it: another attempt of this stream was done since the record was looked at. Nothing was done. */
  | { kind: 'guarded' }
  /** A key that a client watched has changed. Nothing was done. */
  | { kind: 'unwatched' }
  /** The server refused it for a while, or permanently on this connection. Nothing was done. */
  | { kind: 'passing'; error: string; isReplica: boolean }
  /** The server refused some calls before the transaction, so nothing was done. The others can be sent again. */
  | { kind: 'refused'; refusals: Map<Call, Buffer> }
  /** The server's memory is full, so it refused the transaction as a whole. Nothing was done. */
  | { kind: 'full'; reply: Buffer }

/** Errors that pass by themselves, or with another primary: the batch is sent again. */
const PASSING = new Set([
  'READONLY',
  'LOADING',
  'MASTERDOWN',
  'NOREPLICAS',
  // A full disk: Sentinel replaces a primary that answers this to PING.
  'MISCONF',
  'TRYAGAIN',
  'CLUSTERDOWN',
])

export const isPassing = (reply: Buffer): boolean => isError(reply) && PASSING.has(errorKind(reply))

export const passing = (reply: Buffer): Outcome => ({
  kind: 'passing',
  error: textOf(reply),
  isReplica: errorKind(reply) === 'READONLY',
})

const MULTI = encodeCommand(['MULTI'])
const EXEC = encodeCommand(['EXEC'])
const select = (db: number) => encodeCommand(['SELECT', String(db)])

/** The server has no database for the records: the clients' data would show them. */
export const aboutDatabases = (address: string, db: number): Buffer =>
  errorReply(
    `UNAVAILABLE The proxy keeps its records in the logical database ${db}, which ${address} does not have. Set "databases ${db + 1}" or more in its redis.conf, and restart each Redis.`,
  )

/**
 * INV-PROXY-1. The bytes of a batch, and how many answers they get: `MULTI`, the calls, the completion record, `EXEC`, and the guard of
 * the next batch. The connection is in the database of the records before and after it.
 */
export function encodeBatch(
  { number, calls }: Batch,
  attempt: number,
  record: RecordPlace,
  rules: WriteRules = ALL_WRITE_RULES,
): { bytes: Buffer[]; replies: number } {
  const bytes: Buffer[] = [MULTI]
  let replies = 1
  let db = record.db
  for (const call of calls) {
    if (call.db !== db) {
      bytes.push(select(call.db))
      replies += 1
      db = call.db
    }
    for (const command of call.commands) bytes.push(command)
    replies += call.commands.length
    // A transaction may have selected another database.
    if (call.isTransaction) db = -1
  }
  if (db !== record.db) {
    bytes.push(select(record.db))
    replies += 1
  }
  const value = formatRecord({ batch: number, attempt })
  bytes.push(
    encodeCommand(['SET', record.key, value, 'PX', String(RECORD_LASTS_MS)]),
    EXEC,
    encodeCommand([rules.guard ? 'WATCH' : 'EXISTS', record.key]),
  )
  return { bytes, replies: replies + 3 }
}

/** The call of each command of {@link encodeBatch} between `MULTI` and `EXEC`. Null: a command of the proxy itself. */
function owners({ calls }: Batch, recordDb: number): (Call | null)[] {
  const all: (Call | null)[] = []
  let db = recordDb
  for (const call of calls) {
    if (call.db !== db) all.push(null)
    db = call.isTransaction ? -1 : call.db
    for (const _ of call.commands) all.push(call)
  }
  if (db !== recordDb) all.push(null)
  all.push(null)
  return all
}

/** Reads the answers to {@link encodeBatch}. */
export function readOutcome(
  batch: Batch,
  replies: readonly Buffer[],
  record: RecordPlace,
  protocol: Protocol,
): Outcome {
  const own = owners(batch, record.db)
  // The answer to MULTI, one for each command, those to EXEC and to the guard of the next batch.
  const exec = replies[replies.length - 2]
  if (exec === undefined || replies.length !== own.length + 3) {
    throw new Error('A batch was answered with another number of replies.')
  }
  const refusals = new Map<Call, Buffer>()
  let full: Buffer | null = null
  for (const [index, reply] of replies.entries()) {
    if (index > own.length) break
    if (!isError(reply)) continue
    if (isPassing(reply)) return passing(reply)
    if (errorKind(reply) === 'OOM') {
      full = reply
      continue
    }
    const call = own[index - 1] ?? null
    if (call === null)
      return { kind: 'refused', refusals: new Map(batch.calls.map((each) => [each, aboutRights(reply)])) }
    if (!refusals.has(call)) refusals.set(call, call.isTransaction ? aborted(reply) : reply)
  }
  if (refusals.size > 0) return { kind: 'refused', refusals }
  if (full !== null) return { kind: 'full', reply: full }
  if (isError(exec)) return passing(exec)
  const results = isNull(exec) ? null : elementsOf(exec)
  if (results === null) return { kind: 'guarded' }
  if (results.length !== own.length) throw new Error('EXEC answered with another number of replies.')
  return { kind: 'done', answers: answersOf(batch.calls, own, results, protocol) }
}

/** The answers of `EXEC` are in the order of the calls, with those of the proxy's own commands between them. */
function answersOf(
  calls: readonly Call[],
  own: readonly (Call | null)[],
  results: readonly Buffer[],
  protocol: Protocol,
): Buffer[] {
  let at = 0
  return calls.map((call) => {
    if (own[at] === null && call.commands.length > 0) at += 1
    const from = at
    at += call.commands.length
    return call.isTransaction ? array(results.slice(from, at)) : (results[from] ?? nullArray(protocol))
  })
}

/** The answer to calls that failed because of what the proxy itself does for them as this user. */
export function aboutRights(reply: Buffer): Buffer {
  const text = textOf(reply)
  return text.startsWith('NOPERM')
    ? errorReply(
        `NOPERM The proxy cannot write for this user: ${text} Give the user the rules of docs/proxy.md.`,
      )
    : errorReply(text)
}

/** The answer of EXEC when a command of the transaction was refused. */
export const aborted = (reply: Buffer): Buffer =>
  errorReply(`EXECABORT Transaction discarded because of: ${textOf(reply)}`)
