import { StoreUnavailableError } from '../../errors.ts'
import { textOf } from '../../network-text.ts'
import { decodeRecord, encodeRecord } from '../../record/codec.ts'
import { type TokenRecord, tombstone } from '../../record/record.ts'
import type { Reply } from '../../redis/connection.ts'
import { SCRIPTS, type Script } from '../../scripts/scripts.ts'
import { parseRecordKey } from '../../token/digest.ts'
import type { Committed, WriteCommand } from './pending-write.ts'
import { indexKeyOf, type MergeRequest, type Rotated, type RotateRequest } from './requests.ts'

const SPACE = Buffer.from(' ')
/**
 * How long a node remembers which session replaced another. A revocation takes less time from reading the list to
 * ending the sessions.
 */
const REPLACEMENT_KEPT_MS = 10 * 60 * 1000
// The arguments and replies of the scripts about records are written and read in this file.

/** Merges of live records, or of tombstones. */
export function mergeCommand(requests: readonly MergeRequest[], script: Script): WriteCommand {
  const keys = requests.flatMap((request) => [request.key.key, indexKeyOf(request) ?? request.key.key])
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

export function rotateCommand({ fresh, old, ifVersion }: RotateRequest, onlyAgain: boolean): WriteCommand {
  const script = onlyAgain ? SCRIPTS.rotateWhenFull : SCRIPTS.rotate
  const command = mergeCommand([fresh, old], script)
  return {
    ...command,
    args: [...command.args, ifVersion.toString(36), String(REPLACEMENT_KEPT_MS), onlyAgain ? '1' : '0'],
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
