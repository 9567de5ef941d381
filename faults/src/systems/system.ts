import type { ApplicationLogin } from '../data-centre/names.ts'
import type { Answer } from '../history/events.ts'

/** The optional operations that a system supports. */
type Capability = 'touch' | 'update' | 'rotate' | 'revoke-subject' | 'list' | 'short-lifetimes'

/** A system of login tokens under test: the product, or a control. Throws if an operation is not acknowledged. */
export interface LoginSystem {
  readonly capabilities: ReadonlySet<Capability>
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
  /** Takes new passwords while the system runs. */
  renew(login: ApplicationLogin): Promise<void>
  close(): Promise<void>
}

/** How histories and the data sets of nodes show the tokens of a system. */
export interface TokenInspector {
  /** A name of the token that is not secret. */
  idOf(token: string): string
  /** The key under which a node stores the token. */
  keyOf(token: string): string
  /** `live` with a text that distinguishes two live records, `ended`, or `absent`. */
  describe(bytes: Buffer | null, nowMs: number): string
}

/** Systems of login tokens: the product, the product without its rules, and a common alternative. */
const LOGIN_SYSTEMS = ['holdfast', 'plain-wait', 'connect-redis'] as const
/** Plain Redis clients: through the proxy, through it without one of its rules, and with Sentinels of their own. */
const KEY_SYSTEMS = [
  'proxy',
  'proxy-without-guard',
  'proxy-without-journal',
  'proxy-without-barrier',
  'proxy-without-lease',
  'sentinel-client',
] as const
export const SYSTEM_NAMES = [...LOGIN_SYSTEMS, ...KEY_SYSTEMS] as const
export type SystemName = (typeof SYSTEM_NAMES)[number]
export type LoginSystemName = (typeof LOGIN_SYSTEMS)[number]
export type KeySystemName = (typeof KEY_SYSTEMS)[number]

export const isKeySystem = (name: SystemName): name is KeySystemName =>
  KEY_SYSTEMS.some((known) => known === name)

/** Whether a system is the product, which must keep its promises, and no control. */
export const isProduct = (name: SystemName): boolean => name === 'holdfast' || name === 'proxy'

/** The controls that show what the cases of a system can find. */
export const controlsOf = (name: SystemName): readonly SystemName[] =>
  isKeySystem(name) ? KEY_SYSTEMS.filter((other) => other !== 'proxy') : ['plain-wait', 'connect-redis']

/** An operation that provably did nothing. */
export class RefusedError extends Error {
  readonly code: string

  constructor(code: string, cause: unknown) {
    super(code, { cause })
    this.code = code
  }
}
