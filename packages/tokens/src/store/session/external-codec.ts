import type { Claims } from '../../record/claims.ts'
import { openListContent, openTokenContent, type PayloadContext, sealPayload } from '../../record/payload.ts'
import { type ClaimEntry, type ExternalPart, type LiveRecord, versionOf } from '../../record/record.ts'
import { SealedClaims } from '../../record/sealed-claims.ts'
import {
  externalKey,
  externalSecret,
  type RecordKey,
  type SubjectKey,
  subjectKey,
} from '../../token/digest.ts'
import { checkClaimNames, checkClaimsBytes, checkText } from '../api/limits.ts'
import type { Inactive } from '../api/verification.ts'
import type { ExternalBase } from './external-sessions.ts'
import type { Renewal } from './renewal.ts'
import type { SessionOpener } from './session-reader.ts'

/** The content that only the holder of the id can read, with the label of the device and the version. */
export interface ExternalContent {
  subject: string | null
  device: string
  claims: Claims
  version: number
}

/** The session that a put asks for. */
export interface WantedSession {
  claims: Claims
  subject: string | null | undefined
  device: string | undefined
  base: ExternalBase | undefined
  /** When the put starts a session: its fixed times. Null to change the live one. */
  begins: { issuedAtMs: number; expiresAtMs: number } | null
  /** The idle end from now, and whether it may be earlier than before. */
  idleUntilMs: number
  mayShorten: boolean
}

/** The record that a put writes. */
export interface PutRecord {
  record: LiveRecord
  /** The names of the claims that it changes, as a node stores them. */
  changedClaims: readonly string[]
  changesContent: boolean
  shortens: boolean
}

const MIN_ID_LENGTH = 16
const MAX_ID_LENGTH = 1024
/** An idle end that is earlier by less than this is the difference of two clocks, and stays (in milliseconds). */
const CLOCK_DIFFERENCE_MS = 100

/** Translates between external ids and records, as {@link SessionCodec} does for tokens. Does no I/O. */
export class ExternalCodec implements SessionOpener<ExternalContent> {
  readonly #dataCentre: string
  readonly #namespace: string
  readonly #renewal: Renewal
  readonly #newWriter: () => string

  constructor(options: { dataCentre: string; namespace: string; renewal: Renewal; newWriter: () => string }) {
    this.#namespace = options.namespace
    this.#dataCentre = options.dataCentre
    this.#renewal = options.renewal
    this.#newWriter = options.newWriter
  }

  keyOf(id: string): RecordKey {
    checkText('id', id, MIN_ID_LENGTH, MAX_ID_LENGTH)
    return externalKey(externalSecret(this.#namespace, id))
  }

  /** Every valid id has a key. */
  refuse(): Inactive {
    return { status: 'inactive', reason: 'malformed' }
  }

  subjectKey(subject: string): SubjectKey {
    return subjectKey(this.#renewal.keyring.indexKey, subject)
  }

  open(id: string, key: RecordKey, record: LiveRecord): ExternalContent | null {
    const secret = externalSecret(this.#namespace, id)
    const context = this.#context(key, record)
    const content = openTokenContent(context, secret, record.payload)
    const claims = this.#claims(secret, key).open(record.external?.claims ?? new Map())
    if (content === null || claims === null) return null
    const device = openListContent(context, this.#renewal.keyring, record.payload)?.device ?? ''
    return {
      subject: content.subject === '' ? null : content.subject,
      device,
      claims,
      version: versionOf(record),
    }
  }

  /**
   * Returns the record that a put writes over the stored one. `before` is null if there is none; `current` is what the
   * session is now, null if it is not live. Throws `INVALID_OPTION` if the session would be too large.
   */
  put(
    id: string,
    key: RecordKey,
    { before, current }: { before: LiveRecord | null; current: ExternalContent | null },
    wanted: WantedSession,
  ): PutRecord {
    const version = Math.max(before === null ? 0 : versionOf(before), wanted.base?.version ?? 0) + 1
    const writer = this.#newWriter()
    const secret = externalSecret(this.#namespace, id)
    const stored = before?.external?.claims ?? new Map<string, ClaimEntry>()
    const changed = this.#changedClaims(secret, key, { stored, current, wanted, version, writer })
    const claims = new Map([...stored, ...changed])
    checkClaimNames(claims.size)

    const begins = wanted.begins ?? before
    if (begins === null) throw new RangeError('A put without a stored session must begin one.')
    const { issuedAtMs, expiresAtMs } = begins
    const subject = wanted.subject === undefined ? (current?.subject ?? null) : wanted.subject
    const device = wanted.device ?? current?.device ?? ''
    const idleUntilMs = Math.min(wanted.idleUntilMs, expiresAtMs)
    const idleBefore = before?.idleUntilMs ?? 0
    const shortens = wanted.mayShorten && idleUntilMs < idleBefore - CLOCK_DIFFERENCE_MS
    const changesContent =
      wanted.begins !== null || subject !== current?.subject || device !== current?.device || before === null

    const content = changesContent
      ? this.#newContent(secret, key, { subject, device, issuedAtMs, expiresAtMs, version })
      : before
    const external: ExternalPart = {
      writer: changesContent ? writer : (before.external?.writer ?? ''),
      index: subject === null ? null : this.subjectKey(subject).key,
      idleVersion: shortens ? version : (before?.external?.idleVersion ?? 0),
      claims,
    }
    const idle = shortens ? idleUntilMs : Math.max(idleUntilMs, idleBefore)
    const record: LiveRecord = { ...content, idleUntilMs: idle, external }
    return { record, changedClaims: [...changed.keys()], changesContent, shortens }
  }

  /** Whether this change is in the stored record, and not another one of the same version. */
  isApplied({ record, changedClaims, changesContent, shortens }: PutRecord, stored: LiveRecord): boolean {
    const [ours, theirs] = [record.external, stored.external]
    if (ours === undefined || theirs === undefined) return false
    if (changesContent && record.version === stored.version && ours.writer === theirs.writer) return true
    if (shortens && !changesContent && changedClaims.length === 0)
      return ours.idleVersion <= theirs.idleVersion
    return changedClaims.some((name) => {
      const [one, other] = [ours.claims.get(name), theirs.claims.get(name)]
      return one !== undefined && one.version === other?.version && one.writer === other.writer
    })
  }

  /** Returns the claims that differ between what the caller read and what the caller wants. */
  #changedClaims(
    secret: string,
    key: RecordKey,
    of: {
      stored: ReadonlyMap<string, ClaimEntry>
      current: ExternalContent | null
      wanted: WantedSession
      version: number
      writer: string
    },
  ): Map<string, ClaimEntry> {
    const { stored, current, wanted, version, writer } = of
    const sealed = this.#claims(secret, key)
    const read = textsOf((wanted.base ?? current)?.claims ?? {})
    const next = textsOf(wanted.claims)
    const left = textsOf(current?.claims ?? {})
    const changed = new Map<string, ClaimEntry>()
    const deleted = { version, writer, value: null }
    // The claims of a session that has ended must not become a part of the new one.
    if (current === null) {
      for (const [name, { value }] of stored) if (value !== null) changed.set(name, deleted)
    }
    for (const [claim, text] of next) {
      if (current !== null && read.get(claim) === text) continue
      changed.set(sealed.nameOf(claim), sealed.seal(claim, text, version, writer))
      left.set(claim, text)
    }
    for (const claim of read.keys()) {
      if (next.has(claim) || !left.delete(claim)) continue
      changed.set(sealed.nameOf(claim), deleted)
    }
    checkClaimsBytes(bytesOf(left))
    return changed
  }

  #newContent(
    secret: string,
    key: RecordKey,
    of: { subject: string | null; device: string; issuedAtMs: number; expiresAtMs: number; version: number },
  ): LiveRecord {
    const { subject, device, issuedAtMs, expiresAtMs, version } = of
    const content = { subject: subject ?? '', device, claims: {} }
    const payload = sealPayload(this.#context(key, of), secret, this.#renewal.keyring, content)
    return { state: 'live', version, issuedAtMs, expiresAtMs, idleUntilMs: expiresAtMs, payload }
  }

  #claims(secret: string, { digest }: RecordKey): SealedClaims {
    return new SealedClaims({ secret, dataCentre: this.#dataCentre, digest })
  }

  #context(
    { digest }: RecordKey,
    { issuedAtMs, expiresAtMs }: { issuedAtMs: number; expiresAtMs: number },
  ): PayloadContext {
    return { dataCentre: this.#dataCentre, digest, issuedAtMs, expiresAtMs }
  }
}

/** The claims with their values as JSON. Leaves out what JSON leaves out. */
function textsOf(claims: Claims): Map<string, string> {
  return new Map(
    Object.entries(claims).flatMap(([claim, value]) => {
      const text: string | undefined = JSON.stringify(value)
      return text === undefined ? [] : [[claim, text] as const]
    }),
  )
}

/** The size of the claims as a JSON object. */
function bytesOf(texts: ReadonlyMap<string, string>): number {
  let bytes = '{}'.length
  for (const [claim, text] of texts) bytes += Buffer.byteLength(`${JSON.stringify(claim)}:${text},`)
  return texts.size === 0 ? bytes : bytes - ','.length
}
