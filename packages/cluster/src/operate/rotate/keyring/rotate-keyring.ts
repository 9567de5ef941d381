import { listKeyOfRecord } from '@holdfast/tokens/records'
import type { Secrets } from '../../../secrets/secrets.ts'
import { writeSecrets } from '../../../state/write-secrets.ts'
import { inTurn } from '../../lock.ts'
import { type AnyDataCentre, type DataCentrePlace, openDataCentre } from '../../open.ts'
import { againOf } from '../../place-again.ts'
import { withRecords } from '../../records/open.ts'
import type { HostDelivery } from '../host-delivery.ts'
import { newRevision, type RotationHooks, refuseBesidePasswords, stopped } from '../rotation.ts'
import { type SecretFiles, secretFilesOf } from '../secret-files.ts'
import { type KeyringChoices, refuseOddChoices } from './choices.ts'
import { readHistory, writeHistory } from './history.ts'
import { forgettable, type KeyringHistory, nextKeyId, withKey, withoutKeys } from './ring.ts'
import type { RingServers } from './servers.ts'
import { serversOf } from './servers-of.ts'

/** In this order. */
export const KEYRING_STEPS = ['check', 'add', 'known', 'use', 'used', 'retire', 'count', 'forget'] as const
export type KeyringStep = (typeof KEYRING_STEPS)[number]

export type RotateKeyringOptions = DataCentrePlace & KeyringChoices & RotationHooks<KeyringStep>

export interface KeyringReport {
  /** `waiting`: the key of `next` comes in, and others are waited for, until the stage `finish`. */
  state: 'done' | 'waiting'
  /** The key that seals new sessions now, and the one that did before; the same where none was brought in. */
  current: string
  before: string
  /** The key that comes in, while others are waited for; it seals already where it is the current one. */
  next: string | null
  /** What the gateways show in `/readyz`. */
  revision: string | null
  /** Older keys that are gone now. */
  forgotten: string[]
  /** Older keys that stay, and how many live sessions are sealed with each; null: not counted, it is too early. */
  kept: { key: string; sessions: number | null }[]
  /** What is to be brought to which host; empty where Holdfast has done that. */
  hosts: HostDelivery[]
  tookMs: number
}

/** The gateways' default for the absolute lifetime of a session (in milliseconds). */
const LIFETIME_MS = 43_200_000

/**
 * Brings a new sealing key into the key ring of a data centre, in two phases: every gateway knows it
 * before any seals with it, so that what one seals every other can read. Nobody is logged out: a token is verified
 * without the ring, and the sessions that an older key sealed stay readable, because that key stays until no live
 * session needs it. Killed anywhere, it goes on where it was when it is run again.
 *
 * Of a data centre that is reached by its file, the ring is brought to the hosts by `deliverCommand`; without it the
 * rotation stops each time that people have to do that, and says in `hosts` what to bring where. Either way it goes on only
 * when every gateway was seen to use what was brought.
 *
 * Throws `NOT_SAFE` with the reason, before anything is changed; `ROTATION_STOPPED` or `ROTATION_ABORTED` when it had
 * begun; `BUSY`; and as `openDataCentre`.
 */
export async function rotateKeyring(options: RotateKeyringOptions): Promise<KeyringReport> {
  const open = () => openDataCentre(options)
  return inTurn(open, 'rotation of the key ring', (dataCentre) => rotateKeyringOf(dataCentre, options))
}

/** The same for who has the data centre to himself already, and has opened it since. INV-OPERATIONS-12. */
export async function rotateKeyringOf(
  dataCentre: AnyDataCentre,
  options: KeyringChoices & RotationHooks<KeyringStep>,
): Promise<KeyringReport> {
  const files = secretFilesOf(dataCentre)
  await refuseBesidePasswords(dataCentre.folder)
  const history = await readHistory(files.keyringHistoryFile)
  refuseOddChoices(history, options)
  const rotation = new KeyringRotation(dataCentre, files, history, options)
  try {
    return await rotation.run()
  } catch (error) {
    throw stopped(error, options.signal, `holdfast rotate keyring${againOf(dataCentre)}`)
  }
}

class KeyringRotation {
  readonly #dataCentre: AnyDataCentre
  readonly #files: SecretFiles
  readonly #options: KeyringChoices & RotationHooks<KeyringStep>
  readonly #servers: RingServers
  readonly #beganMs = performance.now()
  readonly #before: string
  #secrets: Secrets
  #history: KeyringHistory
  /** This run has changed the ring. */
  #hasWritten = false

  constructor(
    dataCentre: AnyDataCentre,
    files: SecretFiles,
    history: KeyringHistory,
    options: KeyringChoices & RotationHooks<KeyringStep>,
  ) {
    this.#dataCentre = dataCentre
    this.#files = files
    this.#secrets = dataCentre.secrets
    this.#before = dataCentre.secrets.keyring.current
    this.#history = history
    this.#options = options
    this.#servers = serversOf(dataCentre, options)
  }

  async run(): Promise<KeyringReport> {
    this.#enter('check', 'Checking that every gateway answers.')
    await this.#servers.check()
    if (!this.#options.forgetOld) {
      const next = await this.#add()
      this.#enter('known', `Waiting until every gateway knows the key ${next}.`)
      if (!(await this.#distribute()) || this.#options.stage === 'begin') return this.#wait()
      await this.#use(next)
      this.#enter('used', `Waiting until every gateway seals with ${next}.`)
      if (!(await this.#distribute())) return this.#wait()
      this.#enter('retire', 'Noting since when the older key is out of use.')
      await this.#retire(next)
    }
    return this.#forget()
  }

  /** Answers the new key's id. Its name is written down before it is made: a run that goes on finds it by that. */
  async #add(): Promise<string> {
    const { keyring } = this.#secrets
    const next = this.#history.next ?? nextKeyId(keyring, this.#history)
    this.#enter('add', `Adding the key ${next}, which seals nothing yet.`)
    if (this.#history.next === null) await this.#note({ ...this.#history, next })
    if (keyring.keys[next] === undefined)
      await this.#save({ ...this.#secrets, keyring: withKey(keyring, next) })
    return next
  }

  async #wait(): Promise<KeyringReport> {
    await this.#note({ ...this.#history, waits: true })
    return this.#report([], [])
  }

  async #use(next: string): Promise<void> {
    const { keyring } = this.#secrets
    this.#enter('use', `Letting the gateways seal new sessions with ${next}.`)
    if (keyring.current === next) return
    await this.#note({ ...this.#history, waits: false })
    await this.#save({
      ...this.#secrets,
      keyring: { ...keyring, current: next },
      rotatedAt: { ...this.#secrets.rotatedAt, keyring: new Date().toISOString() },
    })
  }

  /** Only now: while one gateway sealed with an older key, that was in use. People may take a day to bring the ring. */
  async #retire(next: string): Promise<void> {
    const now = new Date().toISOString()
    const older = Object.keys(this.#secrets.keyring.keys).filter((id) => id !== next)
    const retired = Object.fromEntries(older.map((id) => [id, this.#history.retired[id] ?? now]))
    await this.#note({ next: null, waits: false, retired })
  }

  async #forget(): Promise<KeyringReport> {
    const { keyring } = this.#secrets
    const atOnce = this.#options.forgetOld === true
    const may = forgettable(keyring, this.#history, { nowMs: Date.now(), lifetimeMs: LIFETIME_MS, atOnce })
    this.#enter(
      'count',
      may.length > 0
        ? 'Counting the sessions that older keys have sealed.'
        : 'Every older key is too young to be forgotten.',
    )
    const counts = may.length > 0 ? await this.#countSessions() : new Map<string, number>()
    const gone = may.filter((id) => (counts.get(id) ?? 0) === 0)
    this.#enter(
      'forget',
      gone.length > 0 ? `Forgetting ${gone.join(', ')}: no session needs it.` : 'No key can be forgotten.',
    )
    if (gone.length > 0) await this.#save({ ...this.#secrets, keyring: withoutKeys(keyring, gone) })
    // Also when nothing is gone now: a run before this one may have ended just here.
    if (gone.length > 0 || atOnce) await this.#distribute()
    const kept = Object.keys(this.#secrets.keyring.keys)
      .filter((id) => id !== keyring.current && id !== this.#history.next)
      .map((key) => ({ key, sessions: may.includes(key) ? (counts.get(key) ?? 0) : null }))
    return this.#report(gone, kept)
  }

  // INV-OPERATIONS-13: forgotten sealing keys.
  async #countSessions(): Promise<Map<string, number>> {
    const { signal } = this.#options
    return withRecords(this.#dataCentre, signal, async ({ scan }) => {
      const counts = new Map<string, number>()
      for await (const entries of scan()) {
        signal?.throwIfAborted()
        for (const { bytes } of entries) {
          const key = listKeyOfRecord(bytes, Date.now())
          if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1)
        }
      }
      return counts
    })
  }

  /**
   * Hands the ring of now to everybody who uses it. Answers whether all of them do; false: people have yet to bring it.
   * What this run has changed they cannot have brought.
   */
  async #distribute(): Promise<boolean> {
    if (this.#secrets.revision === undefined) await this.#save(this.#secrets)
    const { revision = '' } = this.#secrets
    const change = { secrets: this.#secrets, revision, signal: this.#options.signal }
    if (this.#servers.byHand().length === 0) {
      await this.#servers.take(change)
      return true
    }
    if (this.#hasWritten || this.#options.stage !== 'finish') return false
    await this.#servers.confirm(change)
    return true
  }

  async #save(secrets: Secrets): Promise<void> {
    this.#secrets = { ...secrets, revision: newRevision() }
    await writeSecrets(this.#files, this.#secrets)
    this.#hasWritten = true
  }

  async #note(history: KeyringHistory): Promise<void> {
    this.#history = history
    await writeHistory(this.#files.keyringHistoryFile, history)
  }

  #report(forgotten: string[], kept: KeyringReport['kept']): KeyringReport {
    const { keyring, revision = null } = this.#secrets
    const { next } = this.#history
    return {
      state: next === null ? 'done' : 'waiting',
      current: keyring.current,
      before: this.#before,
      next,
      revision,
      forgotten,
      kept,
      hosts: next !== null || this.#hasWritten ? this.#servers.byHand() : [],
      tookMs: Math.round(performance.now() - this.#beganMs),
    }
  }

  #enter(step: KeyringStep, text: string): void {
    this.#options.signal?.throwIfAborted()
    this.#options.onProgress?.({ step, text })
  }
}
