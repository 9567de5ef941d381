import type { CallOptions } from '../../deadline.ts'
import { Deadline } from '../../deadline.ts'
import { StoreUnavailableError } from '../../errors.ts'
import type { GroupLogin } from '../../redis/login.ts'
import { checkTls } from '../../redis/tls.ts'
import { checkSuccessor, type Keyring, type OpenKeyring, openKeyring } from '../../token/keyring.ts'
import type { RenewedSecrets } from '../api/options.ts'
import type { Backend } from './backend.ts'

/** The secrets of a store that can change while it runs: its key ring, and the login of its backend. */
export class Renewal {
  #ring: Keyring
  #keyring: OpenKeyring
  #last: Promise<unknown> = Promise.resolve()

  /** Throws `INVALID_OPTION`. */
  constructor(ring: Keyring) {
    this.#keyring = openKeyring(ring)
    this.#ring = structuredClone(ring)
  }

  /** The current key ring. */
  get keyring(): OpenKeyring {
    return this.#keyring
  }

  /**
   * Throws as {@link TokenStore.renew}. Renewals run one after the other, because each one builds on the result of
   * the one before.
   */
  renew(backend: Backend, secrets: RenewedSecrets, options: CallOptions | undefined, timeoutMs: number) {
    const deadline = Deadline.of(options, timeoutMs)
    const turn = this.#last.then(() => this.#renew(backend, secrets, deadline))
    this.#last = turn.catch(() => {})
    return turn
  }

  async #renew(backend: Backend, secrets: RenewedSecrets, deadline: Deadline): Promise<void> {
    const { keyring, ...login } = secrets
    const opened = keyring === undefined ? null : openKeyring(keyring)
    if (keyring !== undefined) checkSuccessor(this.#ring, keyring)
    const parts = givenParts(login)
    if (deadline.isOver) throw new StoreUnavailableError('There was no time left to renew the secrets.')
    if (Object.keys(parts).length > 0) await backend.renew(parts, deadline)
    if (keyring === undefined || opened === null) return
    this.#ring = structuredClone(keyring)
    this.#keyring = opened
  }
}

/** Removes the absent parts, which must not change. */
function givenParts(login: Omit<RenewedSecrets, 'keyring'>): GroupLogin {
  const { tls, ...names } = login
  const given = Object.entries(names).filter(([, value]) => value !== undefined)
  return { ...Object.fromEntries(given), ...(tls === undefined ? {} : { tls: checkTls(tls) }) }
}
