import { createHmac, hash, type KeyObject } from 'node:crypto'
import { SHARD_COUNT, shardTag } from './format.ts'

/**
 * The key of a session's record. Only the digest of a token or of an external id is ever sent to Redis.
 *
 * `digest` is the first 192 bits of SHA-256 of the token in base64url (32 characters); `key` is
 * `hf:{tag}:t:<digest>`.
 */
export interface RecordKey {
  tag: string
  digest: string
  key: string
}

/** The key of a subject's session index: a sorted set in the same slot as the records of the subject's tokens. */
export interface SubjectKey {
  tag: string
  key: string
}

export function recordKey(tag: string, digest: string): RecordKey {
  return { tag, digest, key: `hf:{${tag}}:t:${digest}` }
}

/** Matches the key of the record of every session, as a pattern for `SCAN … MATCH`. */
export const RECORD_KEY_PATTERN = 'hf:{*}:t:*'

const RECORD_KEY = /^hf:\{([0-9A-Za-z]{3})\}:[tv]:([\w-]{32})$/

/** Parses the key of the record of a session or a register, or returns null if it is not one. */
export function parseRecordKey(key: string): RecordKey | null {
  const [, tag, digest] = RECORD_KEY.exec(key) ?? []
  return tag === undefined || digest === undefined ? null : { tag, digest, key }
}

/**
 * The secret of a session under the id of another library: what a token is for the sessions of tokens. A token never
 * begins like this, and a namespace has no space, so no two sessions have the same secret.
 */
export function externalSecret(namespace: string, id: string): string {
  return `external ${namespace} ${id}`
}

/** The key of the record of an external session. The shard comes from the digest, because it may have no subject. */
export function externalKey(secret: string): RecordKey {
  const digest = digestToken(secret)
  return recordKey(shardTag(Buffer.from(digest, 'base64url').readUInt16BE(0) % SHARD_COUNT), digest)
}

const INDEX_MEMBER = /^(?:([0-9A-Za-z]{3}):)?([\w-]{32})$/

/**
 * Parses a member of a subject's index: a digest, after the tag of its shard and a colon if that is not the shard of the
 * index. Returns null for any other text.
 */
export function parseIndexMember(index: SubjectKey, member: string): RecordKey | null {
  const [, tag = index.tag, digest] = INDEX_MEMBER.exec(member) ?? []
  return digest === undefined ? null : recordKey(tag, digest)
}

const SUBJECT_KEY = /^hf:\{([0-9A-Za-z]{3})\}:s:[\w-]{22}$/

/** Parses the key of a subject's index, or returns null if it is not one. */
export function parseSubjectKey(key: string): SubjectKey | null {
  const [, tag] = SUBJECT_KEY.exec(key) ?? []
  return tag === undefined ? null : { tag, key }
}

/** 192 bits are as impossible to guess as 256, and each session stores them twice in Redis. */
const DIGEST_LENGTH = 32

// INV-TOKENS-2: only a hash leaves.
export function digestToken(token: string): string {
  return hash('sha256', token, 'base64url').slice(0, DIGEST_LENGTH)
}

/** The public id of a session: the first 64 bits of its digest, as 16 hexadecimal digits. */
export function publicId(digest: string): string {
  return Buffer.from(digest, 'base64url').toString('hex', 0, 8)
}

/**
 * Derives the shard and index of a subject from a keyed hash, so that a reader of Redis cannot check whether a
 * guessed user is logged in. `indexKey` is the index key of the key ring.
 */
export function subjectKey(indexKey: KeyObject, subject: string): SubjectKey {
  const mac = createHmac('sha256', indexKey).update(subject).digest()
  const tag = shardTag(mac.readUInt16BE(0) % SHARD_COUNT)
  return { tag, key: `hf:{${tag}}:s:${mac.toString('base64url', 2, 18)}` }
}

/**
 * Derives the key that counts the attempts for a `name` from a keyed hash, so that a reader of Redis cannot check a
 * guessed name. `indexKey` is the index key of the key ring.
 */
export function attemptKey(indexKey: KeyObject, name: string): string {
  const mac = createHmac('sha256', indexKey).update('attempts\0').update(name).digest()
  return `hf:{${shardTag(mac.readUInt16BE(0) % SHARD_COUNT)}}:a:${mac.toString('base64url', 2, 18)}`
}

/**
 * Derives the key of a register from a keyed hash, so that a reader of Redis cannot check a guessed name. `indexKey` is
 * the index key of the key ring. Registers have a letter of their own: backups and "end every session" leave them out.
 */
export function registerKey(indexKey: KeyObject, namespace: string, name: string): RecordKey {
  const mac = createHmac('sha256', indexKey).update(`register\0${namespace}\0`).update(name).digest()
  const tag = shardTag(mac.readUInt16BE(0) % SHARD_COUNT)
  const digest = mac.toString('base64url').slice(0, DIGEST_LENGTH)
  return { tag, digest, key: `hf:{${tag}}:v:${digest}` }
}
