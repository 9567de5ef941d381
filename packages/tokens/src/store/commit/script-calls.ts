import { chunksOf, mapAbreast } from '../../chunks.ts'
import { StoreUnavailableError } from '../../errors.ts'
import { textOf } from '../../network-text.ts'
import { decodeRecord, encodeRecord } from '../../record/codec.ts'
import { merge } from '../../record/merge.ts'
import { type TokenRecord, tombstone } from '../../record/record.ts'
import type { Reply } from '../../redis/connection.ts'
import type { Node } from '../../redis/node.ts'
import { SCRIPTS, type Script } from '../../scripts/scripts.ts'
import { isDigest, parseRecordKey, recordKeyPrefix, type SubjectKey } from '../../token/digest.ts'
import type { GiveBackRequest, Taken, TakeRequest } from '../attempts/requests.ts'
import type { MergeRequest, Rotated, RotateRequest, StoredRecord } from '../session/backend.ts'
import type { Committed, WriteCommand } from './pending-write.ts'

const SPACE = Buffer.from(' ')
/**
 * How long a node remembers which session replaced another. A revocation takes less time from reading the list to
 * ending the sessions.
 */
const REPLACEMENT_KEPT_MS = 10 * 60 * 1000
/** Maximum number of records per query, so that one query keeps a node busy for about a millisecond. */
const MAX_LISTED_AT_ONCE = 1000

// The arguments and replies of all scripts are written and read in this file.

/** Merges of live records, or of tombstones. */
export function mergeCommand(requests: readonly MergeRequest[], script: Script): WriteCommand {
  const keys = requests.flatMap(({ key, subject }) => [key.key, subject?.key ?? key.key])
  const pieces = requests.flatMap(({ record, ifVersion }) => {
    const bytes = encodeRecord(record)
    return [Buffer.from(`${ifVersion ?? '-'} ${bytes.length} `), bytes, SPACE]
  })
  return { script, keys, args: [Buffer.concat(pieces)] }
}

/**
 * Reads one value of a reply of merge.lua: 1 if the stored record equals the sent one, otherwise the stored record.
 * A value of revoke.lua may be a list, which begins with that value.
 */
export function readMerged(sent: TokenRecord, value: Reply): TokenRecord {
  const reply = firstOf(value)
  if (reply === 1) return sent
  const stored = Buffer.isBuffer(reply) ? decodeRecord(reply) : null
  if (stored === null) throw new StoreUnavailableError('Redis holds a record that this version cannot read.')
  return stored
}

function firstOf(value: Reply): Reply {
  return Array.isArray(value) ? (value[0] ?? null) : value
}

/**
 * Converts committed merges into merges that can be repeated: the record that the primary stored, without the
 * version check of an update. With its check, a repeated update would be refused on a primary that lacks an earlier
 * update. If the check refused a merge, the result is the stored record that caused it.
 */
export function asStored(requests: readonly MergeRequest[], { replies }: Committed): MergeRequest[] {
  return requests.map(({ key, subject, record }, index) => {
    const reply = firstOf(replies[index] ?? null)
    const stored = Buffer.isBuffer(reply) ? decodeRecord(reply) : null
    const kept = stored ?? record
    return { key, subject: kept.state === 'revoked' ? null : subject, record: kept }
  })
}

/** Reads from the replies of revoke.lua which replacement sessions it ended. */
export function readReplacements(
  requests: readonly MergeRequest[],
  replies: readonly Reply[],
): MergeRequest[] {
  return requests.flatMap(({ record }, index) => {
    const value = replies[index]
    const keys = Array.isArray(value) ? value.slice(1).map((key) => parseRecordKey(textOf(key))) : []
    return keys.flatMap((key) => (key === null ? [] : [{ key, subject: null, record }]))
  })
}

/**
 * Returns tombstones for sessions whose stored tombstone ends too early. If the session could not be found, the end
 * of its tombstone is a guess. When that tombstone is removed, the session could become active again.
 */
export function longerTombstones(
  requests: readonly MergeRequest[],
  stored: readonly TokenRecord[],
): MergeRequest[] {
  return requests.flatMap(({ key, record }, index) => {
    const found = stored[index]
    return found?.state === 'revoked' && found.expiresAtMs < record.expiresAtMs
      ? [{ key, subject: null, record: tombstone(record) }]
      : []
  })
}

export function rotateCommand({ fresh, old }: RotateRequest, onlyAgain: boolean): WriteCommand {
  const script = onlyAgain ? SCRIPTS.rotateWhenFull : SCRIPTS.rotate
  const command = mergeCommand([fresh, old], script)
  return {
    ...command,
    args: [...command.args, String(REPLACEMENT_KEPT_MS), onlyAgain ? '1' : '0'],
    values: 2,
  }
}

/** Reads the replies to rotate.lua. */
export function readRotated(
  { fresh, old }: RotateRequest,
  [first = null, second = null]: readonly Reply[],
): Rotated {
  return {
    fresh: first === null ? null : readMerged(fresh.record, first),
    old: second === null ? null : readMerged(old.record, second),
  }
}

export function takeCommand({ id, nowMs, limits }: TakeRequest): WriteCommand {
  const bounds = limits.map(({ limit, windowMs, pauseAfter, pauseMs }) =>
    [limit, windowMs, pauseAfter, pauseMs].join(' '),
  )
  return { script: SCRIPTS.take, keys: limits.map(({ key }) => key), args: [id, String(nowMs), ...bounds] }
}

/** Reads the value of a reply of take.lua. */
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

/** Reads the digests in an index. Throws if one of them cannot be read, because the list would be incomplete. */
function readDigests(node: Node, reply: Reply): string[] {
  const digests = Array.isArray(reply) ? reply.map(textOf) : null
  if (digests?.every(isDigest)) return digests
  throw new StoreUnavailableError(`${node.address} holds a list of sessions that this version cannot read.`)
}

/**
 * Reads the sessions of a subject on one node. It reads the list again after the records. If a rotation had ended a
 * session before its record was read, the session that replaced it is in the second list.
 */
export async function listOnNode(node: Node, subject: SubjectKey, timeoutMs: number): Promise<SessionList> {
  const readList = async () =>
    readDigests(node, await node.read(['ZRANGE', subject.key, '0', '-1'], timeoutMs))
  const digests = await readList()
  if (digests.length === 0) return { records: [], isUnanimous: true }
  const records = await readRecords(node, subject, digests, timeoutMs)
  const known = new Set(digests)
  const fresh = (await readList()).filter((digest) => !known.has(digest))
  const added = await readRecords(node, subject, fresh, timeoutMs)
  return {
    records: [...records, ...added.map((stored) => ({ ...stored, mayBeReplaced: true }))],
    isUnanimous: true,
  }
}

/** Reads the records of some sessions on one node, and leaves out sessions that the node does not have. */
export async function readRecords(
  node: Node,
  subject: SubjectKey,
  digests: readonly string[],
  timeoutMs: number,
): Promise<StoredRecord[]> {
  const prefix = recordKeyPrefix(subject.tag)
  // Few at a time: a probe that waits behind all of them would report the node as hung.
  const records = await mapAbreast(chunksOf(digests, MAX_LISTED_AT_ONCE), 2, async (some) => {
    const replies = await node.read(['MGET', ...some.map((digest) => prefix + digest)], timeoutMs)
    return some.flatMap((digest, index) => {
      const record = readRecord(node, Array.isArray(replies) ? (replies[index] ?? null) : null)
      return record === null ? [] : [{ digest, record }]
    })
  })
  return records.flat()
}

/** The sessions of a subject on one node, or merged from several nodes. */
export interface SessionList {
  records: StoredRecord[]
  /** Whether all merged nodes list the same sessions. */
  isUnanimous: boolean
}

export function joinLists(lists: readonly SessionList[]): SessionList {
  const records = joinStored(lists.map((list) => list.records))
  const isUnanimous = lists.every((list) => list.isUnanimous && list.records.length === records.length)
  return { records, isUnanimous }
}

/** Merges what several nodes hold of some sessions. */
export function joinStored(lists: readonly StoredRecord[][]): StoredRecord[] {
  const joined = new Map<string, StoredRecord>()
  for (const stored of lists.flat()) {
    const { digest, record, mayBeReplaced = false } = stored
    const known = joined.get(digest)
    joined.set(
      digest,
      known === undefined
        ? stored
        : {
            digest,
            record: merge(known.record, record),
            mayBeReplaced: mayBeReplaced || known.mayBeReplaced === true,
          },
    )
  }
  return [...joined.values()]
}
