import type { Claims } from '../../record/claims.ts'
import {
  openListContent,
  openTokenContent,
  type PayloadContext,
  sealPayload,
  type TokenContent,
} from '../../record/payload.ts'
import type { LiveRecord } from '../../record/record.ts'
import {
  digestToken,
  publicId,
  type RecordKey,
  recordKey,
  type SubjectKey,
  subjectKey,
} from '../../token/digest.ts'
import { dataCentreTag, generateToken, parseToken } from '../../token/format.ts'
import type { OpenKeyring } from '../../token/keyring.ts'
import { checkText, MAX_SUBJECT_LENGTH } from '../api/limits.ts'
import type { Inactive } from '../api/verification.ts'
import type { Renewal } from './renewal.ts'
import type { SessionOpener } from './session-reader.ts'

interface Lifetime {
  issuedAtMs: number
  idleUntilMs: number
  expiresAtMs: number
}

const MALFORMED: Inactive = Object.freeze({ status: 'inactive', reason: 'malformed' })

/** Translates between tokens and records: keys, sealed contents and new sessions. Does no I/O. */
export class SessionCodec implements SessionOpener<TokenContent> {
  readonly #dataCentre: string
  readonly #dataCentreTag: string
  readonly #renewal: Renewal

  constructor(dataCentre: string, renewal: Renewal) {
    this.#dataCentre = dataCentre
    this.#dataCentreTag = dataCentreTag(dataCentre)
    this.#renewal = renewal
  }

  keyOf(token: string): RecordKey | null {
    const parsed = parseToken(token)
    if (parsed?.dataCentre !== this.#dataCentreTag) return null
    return recordKey(parsed.tag, digestToken(token))
  }

  refuse(token: string): Inactive {
    if (parseToken(token) === null) return MALFORMED
    return { status: 'inactive', reason: 'foreign', id: publicId(digestToken(token)) }
  }

  subjectKey(subject: string): SubjectKey {
    return subjectKey(this.#keyring.indexKey, checkText('subject', subject, 1, MAX_SUBJECT_LENGTH))
  }

  open(token: string, key: RecordKey, record: LiveRecord): TokenContent | null {
    return openTokenContent(this.#context(key, record), token, record.payload)
  }

  /** Returns the label of the device, or an empty text if the key ring cannot open it. */
  deviceOf(key: { digest: string }, record: LiveRecord): string {
    return openListContent(this.#context(key, record), this.#keyring, record.payload)?.device ?? ''
  }

  /** Creates a token and its record. */
  newSession(content: { subject: string; device: string; claims: Claims }, lifetime: Lifetime) {
    const { issuedAtMs, idleUntilMs, expiresAtMs } = lifetime
    const subject = this.subjectKey(content.subject)
    const token = generateToken(this.#dataCentreTag, subject.tag)
    const key = recordKey(subject.tag, digestToken(token))
    const payload = sealPayload(this.#context(key, lifetime), token, this.#keyring, content)
    const record: LiveRecord = { state: 'live', version: 1, issuedAtMs, idleUntilMs, expiresAtMs, payload }
    const session = { subject: content.subject, claims: content.claims, issuedAtMs, idleUntilMs, expiresAtMs }
    return { key, subject, record, issued: { token, id: publicId(key.digest), ...session } }
  }

  /** Returns the next version of a record, with other claims. */
  withClaims(
    token: string,
    key: RecordKey,
    record: LiveRecord,
    { subject, claims }: { subject: string; claims: Claims },
  ): LiveRecord {
    const content = { subject, device: this.deviceOf(key, record), claims }
    const payload = sealPayload(this.#context(key, record), token, this.#keyring, content)
    return { ...record, version: record.version + 1, payload }
  }

  /** The current ring. It may have changed after each `await`. */
  get #keyring(): OpenKeyring {
    return this.#renewal.keyring
  }

  #context(
    { digest }: { digest: string },
    { issuedAtMs, expiresAtMs }: { issuedAtMs: number; expiresAtMs: number },
  ): PayloadContext {
    return { dataCentre: this.#dataCentre, digest, issuedAtMs, expiresAtMs }
  }
}
