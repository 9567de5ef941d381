import { type OpenKeyring, sealingKeyOf } from '../token/keyring.ts'
import { claimsKey, seal, unseal } from '../token/seal.ts'
import type { Claims, JsonValue } from './claims.ts'

/** What only the holder of the token can read. */
export interface TokenContent {
  subject: string
  claims: Claims
}

/** What every server of the data centre can read, for lists. */
export interface ListContent {
  subject: string
  device: string
}

/** What binds a payload to its record: it opens nowhere else and with no other lifetime. */
export interface PayloadContext {
  dataCentre: string
  digest: string
  issuedAtMs: number
  expiresAtMs: number
}

/** A payload is two boxes: the token's, after its length in two bytes (claims are at most 16 KiB), and the key ring's. */
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
 * Opens the token's box, or returns null when it was not made for this token, data centre and lifetime.
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

/** Opens the key ring's box, or returns null when no key of the ring opens it. */
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

/** The id of the key of the ring that sealed the ring's box, or null when it says none. */
export function listKeyOf(payload: Buffer): string | null {
  return sealingKeyOf(payload.subarray(listBoxStart(payload)))
}

/** The items of a JSON array, without its brackets: every byte is kept three times. */
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
