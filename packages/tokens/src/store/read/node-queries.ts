import { chunksOf, mapAbreast } from '../../chunks.ts'
import { StoreUnavailableError } from '../../errors.ts'
import { textOf } from '../../network-text.ts'
import { decodeRecord } from '../../record/codec.ts'
import { merge } from '../../record/merge.ts'
import type { TokenRecord } from '../../record/record.ts'
import type { Reply } from '../../redis/connection.ts'
import type { ReplicaGroup } from '../../redis/group.ts'
import { MARK_KEY, type Node } from '../../redis/node.ts'
import { parseIndexMember, type RecordKey, type SubjectKey } from '../../token/digest.ts'
import type { Feed } from '../feed/feed.ts'
import type { StoredRecord } from './answers.ts'

// The queries to one node about records, and how the answers of several nodes are joined.

/** Maximum number of records per query, so that one query keeps a node busy for about a millisecond. */
const MAX_LISTED_AT_ONCE = 1000

export function readRecord(node: Node, reply: Reply): TokenRecord | null {
  if (reply === null) return null
  const record = Buffer.isBuffer(reply) ? decodeRecord(reply) : null
  if (record === null) {
    throw new StoreUnavailableError(`${node.address} holds a record that this version cannot read.`)
  }
  return record
}

/**
 * Whether the node holds the tombstone under a key, in a data set of this group. Rejects if the node cannot be asked.
 */
export async function holdsTombstone(
  group: ReplicaGroup,
  node: Node,
  key: string,
  timeoutMs: number,
): Promise<boolean> {
  return showsTombstone(group, node, await node.read(tombstoneQuery(key), timeoutMs))
}

/**
 * Asks the primary for the tombstone under a key, on the connection of the feed. So every message that the primary
 * published before its answer has been received. Returns the generation of the feed, or null if the primary does
 * not hold the tombstone or cannot be asked.
 */
export async function tombstoneInFeedOrder(
  { group, feed }: { group: ReplicaGroup; feed: Feed },
  key: string,
  timeoutMs: number,
): Promise<number | null> {
  const { primary } = group
  const answer = await feed.ask(tombstoneQuery(key), timeoutMs)
  if (primary === null || answer === null || feed.term !== group.term) return null
  return showsTombstone(group, primary, answer.reply) ? answer.generation : null
}

const tombstoneQuery = (key: string) => ['MGET', key, MARK_KEY]

function showsTombstone(group: ReplicaGroup, node: Node, reply: Reply): boolean {
  const [bytes, mark] = Array.isArray(reply) ? reply : []
  const isOurs = group.isOurs(Buffer.isBuffer(mark) ? mark.toString() : null)
  return isOurs && readRecord(node, bytes ?? null)?.state === 'revoked'
}

export function joinRecords(a: TokenRecord | null, b: TokenRecord | null): TokenRecord | null {
  if (a === null || b === null) return a ?? b
  return merge(a, b)
}

/** Reads the members of an index. Throws if one of them cannot be read, because the list would be incomplete. */
function readIndex(node: Node, subject: SubjectKey, reply: Reply): RecordKey[] {
  const members = Array.isArray(reply)
    ? reply.map((member) => parseIndexMember(subject, textOf(member)))
    : null
  if (members?.every((key) => key !== null)) return members
  throw new StoreUnavailableError(`${node.address} holds a list of sessions that this version cannot read.`)
}

/**
 * Reads the sessions of a subject on one node. It reads the list again after the records. If a rotation had ended a
 * session before its record was read, the session that replaced it is in the second list.
 */
export async function listOnNode(node: Node, subject: SubjectKey, timeoutMs: number): Promise<SessionList> {
  const readList = async () =>
    readIndex(node, subject, await node.read(['ZRANGE', subject.key, '0', '-1'], timeoutMs))
  const listed = await readList()
  if (listed.length === 0) return { records: [], isUnanimous: true }
  const records = await readRecords(node, listed, timeoutMs)
  const known = new Set(listed.map(({ key }) => key))
  const fresh = (await readList()).filter(({ key }) => !known.has(key))
  const added = await readRecords(node, fresh, timeoutMs)
  return {
    records: [...records, ...added.map((stored) => ({ ...stored, mayBeReplaced: true }))],
    isUnanimous: true,
  }
}

/** Reads the records of some sessions on one node, and leaves out sessions that the node does not have. */
export async function readRecords(
  node: Node,
  keys: readonly RecordKey[],
  timeoutMs: number,
): Promise<StoredRecord[]> {
  // Few at a time: a probe that waits behind all of them would report the node as hung.
  const records = await mapAbreast(chunksOf(keys, MAX_LISTED_AT_ONCE), 2, async (some) => {
    const replies = await node.read(['MGET', ...some.map(({ key }) => key)], timeoutMs)
    return some.flatMap((key, index) => {
      const record = readRecord(node, Array.isArray(replies) ? (replies[index] ?? null) : null)
      return record === null ? [] : [{ key, record }]
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
    const { key, record, mayBeReplaced = false } = stored
    const known = joined.get(key.key)
    joined.set(
      key.key,
      known === undefined
        ? stored
        : {
            key,
            record: merge(known.record, record),
            mayBeReplaced: mayBeReplaced || known.mayBeReplaced === true,
          },
    )
  }
  return [...joined.values()]
}
