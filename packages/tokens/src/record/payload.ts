import { type OpenKeyring, sealingKeyOf } from '../token/keyring.ts'
import { claimsKey, seal, unseal } from '../token/seal.ts'
import type { Claims, JsonValue } from './claims.ts'

/** The content that only the holder of the token can read. */
export interface TokenContent {
  subject: string
  claims: Claims
}

/** The content that every server of the data centre can read, for lists. */
export interface ListContent {
  subject: string
  device: string
}

/** Binds a payload to its record: it cannot be opened with another record or another lifetime. */
export interface PayloadContext {
  dataCentre: string
  digest: string
  issuedAtMs: number
  expiresAtMs: number
}

/**
 * A payload consists of two boxes: the box for the token, after its length in two bytes (claims are at most 16
 * KiB), and the box for the key ring.
 */
const LENGTH_BYTES = 2

export function sealPayload(
  context: PayloadContext,
  token: string,
  keyring: OpenKeyring,
  content: TokenContent & ListContent,
): Buffer {
  const { subject, claims, device } = content
  const tokenBox = seal(
    claimsKey(token, context.dataCentre),
    jsonItems(subject, claims),
    contextText('claims', context),
  )
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt16BE(tokenBox.length)
  return Buffer.concat([
    length,
    tokenBox,
    keyring.seal(
      device === '' ? jsonItems(subject) : jsonItems(subject, device),
      contextText('list', context),
    ),
  ])
}

/**
 * Opens the box for the token, or returns null if it was not sealed for this token, data centre and lifetime.
 * INV-TOKENS-39.
 */
export function openTokenContent(
  context: PayloadContext,
  token: string,
  payload: Buffer,
): TokenContent | null {
  const box = payload.subarray(LENGTH_BYTES, listBoxStart(payload))
  const text = unseal(claimsKey(token, context.dataCentre), box, contextText('claims', context))
  if (text === null) return null
  const [subject, claims] = parseItems(text) as [string, Claims]
  return { subject, claims }
}

/** Opens the box for the key ring, or returns null if no key of the ring opens it. */
export function openListContent(
  context: PayloadContext,
  keyring: OpenKeyring,
  payload: Buffer,
): ListContent | null {
  const text = keyring.unseal(payload.subarray(listBoxStart(payload)), contextText('list', context))
  if (text === null) return null
  const [subject, device = ''] = parseItems(text) as [string, string?]
  return { subject, device }
}

/** Returns the id of the key that sealed the box for the key ring, or null if the box does not contain an id. */
export function listKeyOf(payload: Buffer): string | null {
  return sealingKeyOf(payload.subarray(listBoxStart(payload)))
}

/** Returns the items of a JSON array without its brackets, because every byte is stored three times. */
function jsonItems(...items: JsonValue[]): string {
  return JSON.stringify(items).slice(1, -1)
}

function parseItems(text: string): unknown {
  return JSON.parse(`[${text}]`)
}

function listBoxStart(payload: Buffer): number {
  return payload.length < LENGTH_BYTES ? payload.length : LENGTH_BYTES + payload.readUInt16BE(0)
}

function contextText(box: string, { dataCentre, digest, issuedAtMs, expiresAtMs }: PayloadContext): string {
  return `${box} ${dataCentre} ${digest} ${issuedAtMs} ${expiresAtMs}`
}
