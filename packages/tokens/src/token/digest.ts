import { createHmac, hash, type KeyObject } from 'node:crypto'
import { SHARD_COUNT, shardTag } from './format.ts'

/**
 * Where one session's record is kept. Only the digest of a token ever reaches Redis.
 *
 * `digest` is the first 192 bits of SHA-256 of the token in base64url (32 characters); `key` is
 * `hf:{tag}:t:<digest>`.
 */
export interface RecordKey {
  tag: string
  digest: string
  key: string
}

/** Where a subject's sessions are listed: a sorted set in the same slot as the subject's records. */
export interface SubjectKey {
  tag: string
  key: string
}

export function recordKey(tag: string, digest: string): RecordKey {
  return { tag, digest, key: recordKeyPrefix(tag) + digest }
}

/** What all record keys of one shard begin with. */
export function recordKeyPrefix(tag: string): string {
  return `hf:{${tag}}:t:`
}

/** Matches the key of every record, as Redis' own `SCAN … MATCH` takes it. */
export const RECORD_KEY_PATTERN = 'hf:{*}:t:*'

const RECORD_KEY = /^hf:\{([0-9A-Za-z]{3})\}:t:([\w-]{32})$/

/** What the key of a record says, or null when it is no such key. */
export function parseRecordKey(key: string): RecordKey | null {
  const [, tag, digest] = RECORD_KEY.exec(key) ?? []
  return tag === undefined || digest === undefined ? null : recordKey(tag, digest)
}

const SUBJECT_KEY = /^hf:\{([0-9A-Za-z]{3})\}:s:[\w-]{22}$/

/** What the key of a subject's index says, or null when it is no such key. */
export function parseSubjectKey(key: string): SubjectKey | null {
  const [, tag] = SUBJECT_KEY.exec(key) ?? []
  return tag === undefined ? null : { tag, key }
}

/** 192 bits are as far out of reach as 256, and stand in Redis twice a session. */
const DIGEST_LENGTH = 32

const DIGEST = /^[\w-]{32}$/

export function isDigest(text: string): boolean {
  return DIGEST.test(text)
}

// INV-TOKENS-2: only a hash leaves.
export function digestToken(token: string): string {
  return hash('sha256', token, 'base64url').slice(0, DIGEST_LENGTH)
}

/** The public id of a session: the first 64 bits of its digest, as 16 hexadecimal digits. */
export function publicId(digest: string): string {
  return Buffer.from(digest, 'base64url').toString('hex', 0, 8)
}

/**
 * The shard and index of a subject, from a keyed hash, so that a reader of Redis cannot test a guess about who is
 * logged in. `indexKey` is the key ring's index key.
 */
export function subjectKey(indexKey: KeyObject, subject: string): SubjectKey {
  const mac = createHmac('sha256', indexKey).update(subject).digest()
  const tag = shardTag(mac.readUInt16BE(0) % SHARD_COUNT)
  return { tag, key: `hf:{${tag}}:s:${mac.toString('base64url', 2, 18)}` }
}

/**
 * Where attempts are counted: for each `name` a key of its own, from a keyed hash, so that a reader of Redis cannot
 * test a guess about whose attempts they are. `indexKey` is the key ring's index key.
 */
export function attemptKey(indexKey: KeyObject, name: string): string {
  const mac = createHmac('sha256', indexKey).update('attempts\0').update(name).digest()
  return `hf:{${shardTag(mac.readUInt16BE(0) % SHARD_COUNT)}}:a:${mac.toString('base64url', 2, 18)}`
}
