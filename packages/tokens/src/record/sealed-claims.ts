import { createHmac, type KeyObject } from 'node:crypto'
import { claimNamesKey, claimsKey, seal, unseal } from '../token/seal.ts'
import type { Claims, JsonValue } from './claims.ts'
import type { ClaimEntry } from './record.ts'

/** 96 bits: a node sees which claims change, and cannot guess their names. */
const NAME_LENGTH = 16

/** What a process needs to seal and open the claims of one external session. */
export interface ClaimContext {
  /** See {@link externalSecret}. */
  secret: string
  dataCentre: string
  digest: string
}

/** Opens and seals the claims of one external session, each by itself. */
export class SealedClaims {
  readonly #context: ClaimContext
  readonly #key: KeyObject
  #namesKey: KeyObject | null = null

  constructor(context: ClaimContext) {
    this.#context = context
    this.#key = claimsKey(context.secret, context.dataCentre)
  }

  /** The name under which a node stores a claim. */
  nameOf(claim: string): string {
    const { secret, dataCentre } = this.#context
    this.#namesKey ??= claimNamesKey(secret, dataCentre)
    return createHmac('sha256', this.#namesKey).update(claim).digest('base64url').slice(0, NAME_LENGTH)
  }

  /** Seals a claim whose value is already JSON text. */
  seal(claim: string, json: string, version: number, writer: string): ClaimEntry {
    const text = `${JSON.stringify(claim)},${json}`
    return {
      version,
      writer,
      value: seal(this.#key, text, this.#contextText(this.nameOf(claim), version, writer)),
    }
  }

  /**
   * Opens all claims. Returns null if one of them was not sealed for this session, this name and this version.
   * INV-TOKENS-39.
   */
  open(entries: ReadonlyMap<string, ClaimEntry>): Claims | null {
    const opened: [string, JsonValue][] = []
    for (const [name, { version, writer, value }] of entries) {
      if (value === null) continue
      const text = unseal(this.#key, value, this.#contextText(name, version, writer))
      if (text === null) return null
      opened.push(JSON.parse(`[${text}]`))
    }
    return Object.fromEntries(opened)
  }

  #contextText(name: string, version: number, writer: string): string {
    const { dataCentre, digest } = this.#context
    return `claim ${dataCentre} ${digest} ${name} ${version} ${writer}`
  }
}
