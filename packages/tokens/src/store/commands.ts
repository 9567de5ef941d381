import { StoreUnavailableError } from '../errors.ts'
import { textOf } from '../network-text.ts'
import { decodeRecord, encodeRecord } from '../record/codec.ts'
import { merge } from '../record/merge.ts'
import { CLOCK_SKEW_MS, type TokenRecord } from '../record/record.ts'
import type { Reply } from '../redis/connection.ts'
import type { Node } from '../redis/node.ts'
import { SCRIPTS, type Script } from '../scripts/scripts.ts'
import { isDigest, recordKeyPrefix, type SubjectKey } from '../token/digest.ts'
import type { GiveBackRequest, Taken, TakeRequest } from './attempt-requests.ts'
import type { MergeRequest, StoredRecord } from './backend.ts'
import { chunksOf } from './chunks.ts'
import type { WriteCommand } from './unit.ts'

const SPACE = Buffer.from(' ')
/** Most records in one question, so that it keeps a node busy for about a millisecond. */
const MOST_LISTED_AT_ONCE = 1000

// What goes to Redis and what comes back: each script's arguments and replies, in one place.

/** Merges of live records, or of tombstones. */
export function mergeCommand(requests: readonly MergeRequest[], script: Script): WriteCommand {
  const keys = requests.flatMap(({ key, subject }) => [key.key, subject?.key ?? key.key])
  const pieces = requests.flatMap(({ record, ifVersion }) => {
    const bytes = encodeRecord(record)
    return [Buffer.from(`${ifVersion ?? '-'} ${bytes.length} `), bytes, SPACE]
  })
  return { script, keys, args: [String(CLOCK_SKEW_MS), String(Date.now()), Buffer.concat(pieces)] }
}

/** A value of merge.lua's reply: 1 when the stored record equals the one that was sent, else the stored one. */
export function readMerged(sent: TokenRecord, reply: Reply): TokenRecord {
  if (reply === 1) return sent
  const stored = Buffer.isBuffer(reply) ? decodeRecord(reply) : null
  if (stored === null) throw new StoreUnavailableError('Redis holds a record that this version cannot read.')
  return stored
}

export function takeCommand({ id, nowMs, limits }: TakeRequest): WriteCommand {
  const bounds = limits.map(({ limit, windowMs, pauseAfter, pauseMs }) =>
    [limit, windowMs, pauseAfter, pauseMs].join(' '),
  )
  return { script: SCRIPTS.take, keys: limits.map(({ key }) => key), args: [id, String(nowMs), ...bounds] }
}

/** The value of take.lua's reply. */
export function readTaken(reply: Reply): Taken {
  const [allowed, limit, retryAfterMs] = Array.isArray(reply) ? reply.map(toWhole) : []
  if (allowed === 1) return { allowed: true }
  if (allowed !== 0 || limit == null || limit < 1 || retryAfterMs == null || retryAfterMs < 0) {
    throw new StoreUnavailableError('Redis answered an attempt in a way that this version cannot read.')
  }
  return { allowed: false, limit: limit - 1, retryAfterMs }
}

const toWhole = (value: Reply): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : null

export function giveBackCommand({ id, logs }: GiveBackRequest): WriteCommand {
  const older = logs.map((log) => (log.older ? '1' : '0'))
  return { script: SCRIPTS.giveBack, keys: logs.map(({ key }) => key), args: [id, ...older] }
}

export function readRecord(node: Node, reply: Reply): TokenRecord | null {
  if (reply === null) return null
  const record = Buffer.isBuffer(reply) ? decodeRecord(reply) : null
  if (record === null) {
    throw new StoreUnavailableError(`${node.address} holds a record that this version cannot read.`)
  }
  return record
}

export function joinRecords(a: TokenRecord | null, b: TokenRecord | null): TokenRecord | null {
  if (a === null || b === null) return a ?? b
  return merge(a, b)
}

/** The digests in an index. Throws when one cannot be read: a list without it would be guessed. */
function readDigests(node: Node, reply: Reply): string[] {
  const digests = Array.isArray(reply) ? reply.map(textOf) : null
  if (digests?.every(isDigest)) return digests
  throw new StoreUnavailableError(`${node.address} holds a list of sessions that this version cannot read.`)
}

export async function listOnNode(
  node: Node,
  subject: SubjectKey,
  timeoutMs: number,
): Promise<StoredRecord[]> {
  const digests = readDigests(node, await node.read(['ZRANGE', subject.key, '0', '-1'], timeoutMs))
  if (digests.length === 0) return []
  const prefix = recordKeyPrefix(subject.tag)
  const records = chunksOf(digests, MOST_LISTED_AT_ONCE).map(async (some) => {
    const replies = await node.read(['MGET', ...some.map((digest) => prefix + digest)], timeoutMs)
    return some.flatMap((digest, index) => {
      const record = readRecord(node, Array.isArray(replies) ? (replies[index] ?? null) : null)
      return record === null ? [] : [{ digest, record }]
    })
  })
  return (await Promise.all(records)).flat()
}

export function joinLists(lists: StoredRecord[][]): StoredRecord[] {
  const joined = new Map<string, TokenRecord>()
  for (const { digest, record } of lists.flat()) {
    const known = joined.get(digest)
    joined.set(digest, known === undefined ? record : merge(known, record))
  }
  return [...joined].map(([digest, record]) => ({ digest, record }))
}
