import { runningSupervisor } from '@holdfast/local/state/records'
import { writeSecrets } from '@holdfast/local/state/secrets-file'
import { ClusterError } from '@holdfast/site/errors'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import { listKeyOfRecord } from '@holdfast/tokens/records'
import { cliFlagsOf } from '../../data-centre/cli-flags.ts'
import { type AnyDataCentre, isSite } from '../../data-centre/open.ts'
import { withRecords } from '../../records.ts'
import { consumersOf, planDelivery, type SecretConsumers } from '../consumers.ts'
import {
  newRevision,
  planSteps,
  type Rotation,
  RotationRun,
  type RotationStanding,
  type RotationState,
  type RotationStep,
} from '../engine.ts'
import { type HostDelivery, hostRings } from '../host-files.ts'
import { assertNoPasswordRotation, type SecretFiles, secretFilesOf } from '../secret-files.ts'
import { assertValidChoices, type KeyringOptions, type KeyringReport, type KeyringStep } from './choices.ts'
import {
  forgettable,
  type KeyringHistory,
  nextKeyId,
  readHistory,
  withKey,
  withoutKeys,
  writeHistory,
} from './ring.ts'

/** The gateways' default for the absolute lifetime of a session (in milliseconds). */
const LIFETIME_MS = 43_200_000

/** The steps of one rotation of the key ring, and what they know of each other. INV-OPERATIONS-12. */
export class KeyringRotation implements Rotation<KeyringReport> {
  readonly run: RotationRun<KeyringStep>
  readonly #dataCentre: AnyDataCentre
  readonly #files: SecretFiles
  readonly #options: KeyringOptions
  readonly #consumers: SecretConsumers
  readonly #byHand: readonly HostDelivery[]
  readonly #before: string
  /** The key that comes in. */
  readonly #next: string
  #secrets: Secrets
  #history: KeyringHistory
  /** This run has changed the ring, so that people cannot have brought it to the hosts. */
  #hasWritten = false
  /** The rotation has noted or changed something, in this run or before. */
  #hasBegun: boolean
  #forgotten: string[] = []
  #kept: KeyringReport['kept'] = []

  private constructor(dataCentre: AnyDataCentre, history: KeyringHistory, options: KeyringOptions) {
    const { keyring } = dataCentre.secrets
    this.run = new RotationRun(options)
    this.#dataCentre = dataCentre
    this.#files = secretFilesOf(dataCentre)
    this.#options = options
    this.#consumers = consumersOf(dataCentre, options)
    this.#byHand = this.#consumers.byHand((_site, named) => hostRings(named))
    this.#secrets = dataCentre.secrets
    this.#before = keyring.current
    this.#history = history
    this.#next = history.next ?? nextKeyId(keyring, history)
    this.#hasBegun = history.next !== null
  }

  static async open(dataCentre: AnyDataCentre, options: KeyringOptions): Promise<KeyringRotation> {
    const history = await readHistory(secretFilesOf(dataCentre).keyringHistoryFile)
    assertValidChoices(history, options)
    return new KeyringRotation(dataCentre, history, options)
  }

  plan(): string[] {
    return planSteps(this.steps)
  }

  get steps(): readonly RotationStep[] {
    const { forgetOld = false, stage } = this.#options
    const bringsKey = () => !forgetOld
    return [
      { run: () => this.#check() },
      { isDue: bringsKey, run: () => this.#add(), plan: () => this.#planAdd() },
      { isDue: () => !forgetOld && this.#needsPeople(!this.#isAdded), ...this.#stop },
      {
        isDue: bringsKey,
        run: () => this.#distribute('known', `Waiting until every gateway knows the key ${this.#next}.`),
        plan: () => [...this.#planDelivery(), `Wait until all ${this.#count} know it.`],
      },
      { isDue: () => !forgetOld && stage === 'begin', isStop: true, run: () => this.#wait() },
      {
        isDue: bringsKey,
        run: () => this.#use(),
        plan: () =>
          this.#isUsed
            ? []
            : [
                `Make ${this.#next} seal new sessions; ${this.#secrets.keyring.current} stays, to read older ones.`,
              ],
      },
      { isDue: () => !forgetOld && this.#needsPeople(!this.#isUsed), ...this.#stop },
      {
        isDue: bringsKey,
        run: () => this.#distribute('used', `Waiting until every gateway seals with ${this.#next}.`),
        plan: () => [...this.#planDelivery(), `Wait until all ${this.#count} use it.`],
      },
      { isDue: bringsKey, run: () => this.#retire() },
      {
        run: () => this.#forget(),
        plan: () => [
          `Count the live sessions by the key that sealed them; delete each older key that none needs${forgetOld ? '' : ' and that has been out of use for 12 hours'}.`,
          ...(forgetOld ? planDelivery(this.#consumers, 'the ring', this.#byHand) : []),
        ],
      },
    ]
  }

  get standing(): RotationStanding {
    return {
      hasBegun: this.#hasBegun,
      valid: 'No user was logged out, and every key that a live session needs is in the ring.',
      command: `holdfast rotate keyring${cliFlagsOf(this.#dataCentre)}`,
    }
  }

  async #check(): Promise<void> {
    await assertNoPasswordRotation(this.#dataCentre.folder)
    this.run.enter('check', 'Checking that every gateway answers.')
    const dataCentre = this.#dataCentre
    if (!isSite(dataCentre) && runningSupervisor(dataCentre.folder) === null) {
      throw new ClusterError(
        'NOT_SAFE',
        `The data centre of ${dataCentre.folder.path} does not run. Start it with \`holdfast up\`.`,
      )
    }
    const silent = await this.#consumers.silentGateways()
    if (silent.length === 0) return
    throw new ClusterError(
      'NOT_SAFE',
      `${silent.join(' and ')} does not answer, and every gateway must know a key before any seals with it. See \`holdfast status\`.`,
    )
  }

  /** Notes the key's name before it makes the key: a later run finds the key by its name. */
  async #add(): Promise<void> {
    this.run.enter('add', `Adding the key ${this.#next}, which seals nothing for now.`)
    if (this.#history.next === null) await this.#note({ ...this.#history, next: this.#next })
    if (!this.#isAdded)
      await this.#save({ ...this.#secrets, keyring: withKey(this.#secrets.keyring, this.#next) })
  }

  #planAdd(): string[] {
    const { current } = this.#secrets.keyring
    return [
      ...(this.#history.next === null ? [] : [`Resume the rotation to ${this.#next} that began before.`]),
      this.#isAdded
        ? `The key ${this.#next} is in the ring already.`
        : `Add a key ${this.#next} to the ring; ${current} still seals.`,
    ]
  }

  get #isAdded(): boolean {
    return this.#secrets.keyring.keys[this.#next] !== undefined
  }

  async #use(): Promise<void> {
    this.run.enter('use', `Making the gateways seal new sessions with ${this.#next}.`)
    if (this.#isUsed) return
    await this.#note({ ...this.#history, waits: false })
    await this.#save({
      ...this.#secrets,
      keyring: { ...this.#secrets.keyring, current: this.#next },
      rotatedAt: { ...this.#secrets.rotatedAt, keyring: new Date().toISOString() },
    })
  }

  get #isUsed(): boolean {
    return this.#secrets.keyring.current === this.#next
  }

  /** Whether people have to bring the ring now. `willWrite`: the step before changes it, as far as a plan knows. */
  #needsPeople(willWrite: boolean): boolean {
    return this.#byHand.length > 0 && (willWrite || this.#hasWritten || this.#options.stage !== 'finish')
  }

  get #stop(): RotationStep {
    return {
      isStop: true,
      run: () => this.#wait(),
      plan: () => [
        ...planDelivery(this.#consumers, 'the ring', this.#byHand),
        'Stop there, until --stage finish.',
      ],
    }
  }

  async #wait(): Promise<void> {
    await this.#ensureRevision()
    await this.#note({ ...this.#history, waits: true })
  }

  /** Brings the ring to all that use it, and waits until every gateway does. */
  async #distribute(step: 'known' | 'used', text: string): Promise<void> {
    this.run.enter(step, text)
    await this.#bring()
  }

  async #bring(): Promise<void> {
    await this.#ensureRevision()
    const { signal } = this.run
    const isDelivered = this.#byHand.length > 0
    if (!isDelivered) await this.#consumers.deliver(this.#secrets, signal)
    const { revision = '' } = this.#secrets
    await this.#consumers.waitForGateways({
      revision,
      signal,
      what: 'key ring',
      mustAnswer: true,
      isDelivered,
    })
  }

  #planDelivery(): string[] {
    return this.#byHand.length > 0 ? [] : planDelivery(this.#consumers, 'the ring', [])
  }

  /**
   * Only now: while a single gateway sealed with an older key, that key was in use, and people may take a day to bring the
   * ring.
   */
  async #retire(): Promise<void> {
    this.run.enter('retire', 'Noting since when the older key is out of use.')
    const now = new Date().toISOString()
    const older = Object.keys(this.#secrets.keyring.keys).filter((id) => id !== this.#next)
    const retired = Object.fromEntries(older.map((id) => [id, this.#history.retired[id] ?? now]))
    await this.#note({ next: null, waits: false, retired })
  }

  // INV-OPERATIONS-13.
  async #forget(): Promise<void> {
    const { keyring } = this.#secrets
    const atOnce = this.#options.forgetOld === true
    const may = forgettable(keyring, this.#history, { nowMs: Date.now(), lifetimeMs: LIFETIME_MS, atOnce })
    this.run.enter(
      'count',
      may.length > 0
        ? 'Counting the sessions that older keys have sealed.'
        : 'Every older key is still too young to be deleted.',
    )
    const counts = may.length > 0 ? await this.#countSessions() : new Map<string, number>()
    const gone = may.filter((id) => (counts.get(id) ?? 0) === 0)
    this.run.enter(
      'forget',
      gone.length > 0
        ? `Deleting ${gone.join(', ')}: no session needs it.`
        : 'No key can be deleted for now.',
    )
    if (gone.length > 0) await this.#save({ ...this.#secrets, keyring: withoutKeys(keyring, gone) })
    // Even if nothing was deleted in this run: an earlier one may have ended just here.
    if ((gone.length > 0 || atOnce) && !this.#needsPeople(false)) await this.#bring()
    this.#forgotten = gone
    this.#kept = Object.keys(this.#secrets.keyring.keys)
      .filter((id) => id !== keyring.current && id !== this.#history.next)
      .map((key) => ({ key, sessions: may.includes(key) ? (counts.get(key) ?? 0) : null }))
  }

  async #countSessions(): Promise<Map<string, number>> {
    const { signal } = this.run
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

  get #count(): string {
    return `${this.#consumers.gateways.length} gateways`
  }

  async #ensureRevision(): Promise<void> {
    if (this.#secrets.revision === undefined) await this.#save(this.#secrets)
  }

  async #save(secrets: Secrets): Promise<void> {
    this.#secrets = { ...secrets, revision: newRevision() }
    await writeSecrets(this.#files, this.#secrets)
    this.#hasWritten = true
    this.#hasBegun = true
  }

  async #note(history: KeyringHistory): Promise<void> {
    this.#history = history
    await writeHistory(this.#files.keyringHistoryFile, history)
    this.#hasBegun = true
  }

  report(state: RotationState): KeyringReport {
    const { keyring, revision = null } = this.#secrets
    const { next } = this.#history
    return {
      state,
      current: keyring.current,
      before: this.#before,
      next,
      revision,
      forgotten: this.#forgotten,
      kept: this.#kept,
      hosts: next !== null || this.#hasWritten ? [...this.#byHand] : [],
      tookMs: this.run.tookMs,
    }
  }
}
