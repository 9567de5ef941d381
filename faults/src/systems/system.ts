import type { ApplicationLogin } from '../data-centre/names.ts'
import type { Answer } from '../history/events.ts'

/** What of the operations a system can do at all. */
type Ability = 'touch' | 'update' | 'rotate' | 'revoke-subject' | 'list' | 'short-lives'

/** A system of login tokens under test: the product, or a control. What is not acknowledged is thrown. */
export interface LoginSystem {
  readonly abilities: ReadonlySet<Ability>
  ready(timeoutMs: number): Promise<void>
  /** Returns the secret. */
  issue(subject: string, idleMs: number | undefined): Promise<string>
  verify(token: string): Promise<Answer>
  touch(token: string, idleMs: number | undefined): Promise<Answer>
  update(token: string): Promise<Answer>
  /** The answer's `token` is the new secret. */
  rotate(token: string): Promise<Answer>
  revoke(token: string): Promise<Answer>
  revokeSubject(subject: string, exceptToken: string | undefined): Promise<Answer>
  /** The answer's `listed` are the live sessions of the subject. */
  list(subject: string): Promise<Answer>
  /** Takes new passwords while it works. */
  renew(login: ApplicationLogin): Promise<void>
  close(): Promise<void>
}

/** How a system's tokens look from outside: in a history, and in the data set of a node. */
export interface TokenLook {
  /** A name of the token that is no secret. */
  idOf(token: string): string
  /** The key under which a node keeps it. */
  keyOf(token: string): string
  /** `live` with what tells two live records apart, `ended`, or `absent`. */
  describe(bytes: Buffer | null, nowMs: number): string
}

/** The product; the same with its rules taken out; what people use today. */
export const SYSTEM_NAMES = ['holdfast', 'plain-wait', 'connect-redis'] as const
export type SystemName = (typeof SYSTEM_NAMES)[number]

/** An operation that provably did nothing. */
export class RefusedError extends Error {
  readonly code: string

  constructor(code: string, cause: unknown) {
    super(code, { cause })
    this.code = code
  }
}
