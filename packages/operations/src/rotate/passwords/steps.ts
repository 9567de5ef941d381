import { connectGroup, disconnectGroup, type GroupClients } from '@holdfast/agent/group/snapshot'
import { writeSecrets } from '@holdfast/local/state/secrets-file'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import { cliFlagsOf } from '../../data-centre/cli-flags.ts'
import { type AnyDataCentre, proxyUsersOf } from '../../data-centre/open.ts'
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
import { type HostDelivery, hostPasswords } from '../host-files.ts'
import type { JournalFile } from '../journal.ts'
import { type SecretFiles, secretFilesOf } from '../secret-files.ts'
import { applicationConnections } from './acl-processes.ts'
import {
  assertValidChoices,
  choosePasswords,
  type PasswordOptions,
  type PasswordStep,
  type PasswordsReport,
} from './choices.ts'
import {
  adjectivesOf,
  isStillBefore,
  newJournal,
  type PasswordJournal,
  type Phase,
  passwordJournal,
  reversed,
  secretsOf,
} from './journal.ts'
import { PasswordProcesses } from './password-processes.ts'
import { otherConsumers, type PasswordName } from './users.ts'

/** The passwords that gateways use. */
const OF_GATEWAYS = ['app', 'sentinelApp'] as const
/** How long a group may take to become healthy: one that was found at rest, or that a step has changed (in milliseconds). */
const BRIEFLY_MS = 2000
const SETTLE_MS = 15_000

/** The steps of one rotation of passwords, and what they know of each other. INV-OPERATIONS-9. */
export class PasswordRotation implements Rotation<PasswordsReport> {
  readonly run: RotationRun<PasswordStep>
  readonly #dataCentre: AnyDataCentre
  readonly #files: SecretFiles
  readonly #options: PasswordOptions
  readonly #consumers: SecretConsumers
  readonly #group: GroupClients
  readonly #processes: PasswordProcesses
  readonly #journalFile: JournalFile<PasswordJournal>
  /** As it was found; null: the rotation begins now. */
  readonly #saved: PasswordJournal | null
  /** As it is on disk, or in a plan as it would be. */
  #journal: PasswordJournal | null
  readonly #connections = { before: new Set<string>(), after: new Set<string>() }

  private constructor(dataCentre: AnyDataCentre, saved: PasswordJournal | null, options: PasswordOptions) {
    this.run = new RotationRun(options)
    this.#dataCentre = dataCentre
    this.#files = secretFilesOf(dataCentre)
    this.#options = options
    this.#consumers = consumersOf(dataCentre, options)
    this.#journalFile = passwordJournal(this.#files.rotationFile)
    this.#saved = saved
    this.#journal = saved
    const { topology, tls } = dataCentre
    const secrets = saved === null ? dataCentre.secrets : secretsOf(dataCentre.secrets, saved, saved.sure)
    const access = { topology, secrets, tls }
    this.#group = connectGroup(access)
    this.#processes = new PasswordProcesses(this.#group, tls, this.run)
  }

  static async open(dataCentre: AnyDataCentre, options: PasswordOptions): Promise<PasswordRotation> {
    const saved = await passwordJournal(secretFilesOf(dataCentre).rotationFile).read()
    assertValidChoices(saved, options)
    return new PasswordRotation(dataCentre, saved, options)
  }

  close(): void {
    disconnectGroup(this.#group)
  }

  async plan(): Promise<string[]> {
    this.#journal = await this.#intended()
    return planSteps(this.steps)
  }

  get steps(): readonly RotationStep[] {
    const before = (phase: Phase) => isStillBefore(this.#rotation.phase, phase)
    const moves = (...secrets: PasswordName[]) => before('move') && this.#rotates(...secrets)
    const names = () => this.#processes.names(this.#rotation.users)
    const wanted = () => adjectivesOf(this.#rotation).wanted
    const unwanted = () => adjectivesOf(this.#rotation).unwanted
    const { supervisor } = this.#consumers
    return [
      { run: () => this.#check() },
      { run: () => this.#begin(), plan: () => [this.#planBegin()] },
      // Since the rotation stopped, someone may have changed a user.
      { isDue: () => this.#rotation.phase === 'wait', run: () => this.#processes.prove(this.#rotation) },
      {
        isDue: () => before('add'),
        run: () => this.#addEverywhere(),
        plan: () => [
          `Add the ${wanted()} passwords beside the ${unwanted()} ones on ${names()} (ACL SETUSER, saved).`,
        ],
      },
      { isDue: () => before('move'), run: async () => this.#processes.useSecrets(this.#secrets) },
      {
        isDue: () => moves('replica'),
        run: () => this.#processes.moveRedis(this.#secrets),
        plan: () => ['Set masterauth on every Redis.'],
      },
      {
        isDue: () => moves('sentinel', 'peer'),
        run: () => this.#processes.moveSentinels(this.#secrets, this.#rotation.users),
        plan: () => ['Set auth-pass and sentinel-pass on every Sentinel, one at a time; each reconnects.'],
      },
      {
        isDue: () => before('move'),
        run: () => this.#writeSecrets(),
        plan: () => ['Write secrets.json.'],
      },
      {
        isDue: () => (supervisor === null ? before('move') : moves(...OF_GATEWAYS)),
        run: () => this.#moveGateways(),
        plan: () => this.#planGateways(),
      },
      {
        isDue: () => before('move') && supervisor !== null,
        run: () => this.#moveSupervisor(),
        plan: () => ['Make the supervisor read them.'],
      },
      {
        isDue: () => before('move'),
        run: () => this.#processes.prove(this.#rotation),
        plan: () => [`Log in to each process with each ${wanted()} password.`],
      },
      {
        isDue: () => moves('replica'),
        run: () => this.#processes.relinkReplicas(),
        plan: () => ['Cut the link of each replica, one at a time, and wait until it has caught up.'],
      },
      { isDue: () => before('move'), run: () => this.#agree() },
      {
        isDue: () => !this.#rotation.undoing,
        plan: () =>
          otherConsumers(this.#rotation.users).map(
            ({ who, passwords }) => `Yours to do: ${who} (${passwords.join(', ')})`,
          ),
      },
      {
        isDue: () => this.#waits(),
        isStop: true,
        run: () => this.#countConnections(),
        plan: () => ['Stop there: old and new passwords are both valid until --stage finish.'],
      },
      // This machine may not reach every gateway of real hosts: those that answer must use the new passwords.
      { isDue: () => supervisor === null, run: () => this.#waitForGateways({ isDelivered: true }) },
      {
        run: () => this.#remove(),
        plan: () => [
          `Remove the ${unwanted()} passwords from ${names()} (ACL SETUSER, saved). Open connections stay.`,
        ],
      },
      { run: () => this.#end() },
    ]
  }

  get standing(): RotationStanding {
    return {
      hasBegun: this.#journal !== null,
      valid: this.#validNow,
      command: `holdfast rotate passwords${cliFlagsOf(this.#dataCentre)}`,
      canUndo: true,
    }
  }

  get #validNow(): string {
    const { wanted, unwanted } = adjectivesOf(this.#journal)
    if (this.#journal?.phase !== 'remove')
      return 'Old and new passwords are both valid wherever they are used: every login still succeeds.'
    return `Everything uses the ${wanted} passwords; some processes still accept the ${unwanted} ones, too.`
  }

  /** The journal that this run works by: the saved one, that one reversed, or a new one. Changes nothing. */
  async #intended(): Promise<PasswordJournal> {
    const { undo, users } = this.#options
    if (this.#saved === null) {
      const chosen = await choosePasswords(this.#processes.all, users, this.#proxyUsers)
      return newJournal(this.#dataCentre.secrets, this.#files.secretsFile, chosen)
    }
    return undo && !this.#saved.undoing ? reversed(this.#saved, newRevision()) : this.#saved
  }

  async #check(): Promise<void> {
    this.run.enter('check', 'Checking that the data centre is healthy.')
    const { supervisor } = this.#consumers
    if (supervisor !== null) {
      await supervisor.check()
      const silent = await this.#consumers.silentGateways()
      if (silent.length > 0) throw new Error(`${silent.join(' and ')} does not answer.`)
    }
    await this.#processes.waitUntilHealthy(this.#saved === null ? BRIEFLY_MS : SETTLE_MS)
    this.#connections.before = await applicationConnections(this.#processes.all, this.#proxyUsers)
  }

  async #begin(): Promise<void> {
    this.run.enter('begin', 'Noting what will be rotated.')
    const journal = await this.#intended()
    if (journal !== this.#saved) await this.#note(journal)
  }

  #planBegin(): string {
    const { users, undoing, startedAt } = this.#rotation
    if (this.#saved === null) return `Make new passwords for ${users.join(', ')}.`
    return `${undoing ? 'Undo' : 'Resume'} the rotation of ${users.join(', ')} that began at ${startedAt}.`
  }

  async #addEverywhere(): Promise<void> {
    await this.#processes.add(this.#rotation)
    await this.#note({ ...this.#rotation, phase: 'move', sure: 'to' })
  }

  /** From here on, every command that starts uses the new passwords. */
  async #writeSecrets(): Promise<void> {
    this.run.enter('secrets', 'Writing the new passwords to secrets.json.')
    await writeSecrets(this.#files, this.#secrets)
  }

  async #moveGateways(): Promise<void> {
    const { supervisor, deliverCommand } = this.#consumers
    if (supervisor === null && deliverCommand === null) return
    this.run.enter(
      'gateways',
      supervisor === null
        ? `Bringing the new passwords to the hosts: ${deliverCommand}`
        : 'Waiting until every gateway uses the new passwords.',
    )
    await this.#consumers.deliver(this.#secrets, this.run.signal)
    await this.#waitForGateways()
  }

  #planGateways(): string[] {
    const { supervisor, gateways } = this.#consumers
    return supervisor === null
      ? planDelivery(this.#consumers, 'them', this.#byHand)
      : [
          `Make ${gateways.length} gateways use theirs without a restart, and wait until /readyz of each shows it.`,
        ]
  }

  async #waitForGateways(more: { isDelivered?: boolean } = {}): Promise<void> {
    if (!this.#rotates(...OF_GATEWAYS)) return
    const { revision } = this.#rotation
    const { signal } = this.run
    await this.#consumers.waitForGateways({ revision, signal, what: 'passwords', ...more })
  }

  async #moveSupervisor(): Promise<void> {
    this.run.enter('supervisor', 'Making the supervisor use the new passwords.')
    await this.#consumers.supervisor?.reload()
  }

  async #agree(): Promise<void> {
    this.run.enter('agree', 'Waiting until all replicas are linked and every Sentinel reaches a majority.')
    await this.#processes.waitUntilHealthy(SETTLE_MS)
    await this.#note({ ...this.#rotation, phase: 'wait' })
  }

  /** Only people know when the files that they bring are on the hosts: until then nothing is removed. */
  #waits(): boolean {
    if (this.#rotation.phase === 'remove') return false
    const { stage } = this.#options
    // A host whose files are only seeds can wait: nothing there has to read them now.
    const needsPeople = this.#byHand.some(({ steps }) => steps.length > 0)
    if (needsPeople) return stage !== 'finish' || this.#saved?.phase !== 'wait'
    return stage === 'begin' && !this.#rotation.undoing
  }

  async #remove(): Promise<void> {
    await this.#note({ ...this.#rotation, phase: 'remove' })
    await this.#processes.remove(this.#rotation)
  }

  async #end(): Promise<void> {
    await this.#countConnections()
    this.run.enter('end', 'Deleting the old passwords.')
    await this.#journalFile.delete()
  }

  async #countConnections(): Promise<void> {
    this.#connections.after = await applicationConnections(this.#processes.all, this.#proxyUsers)
  }

  report(state: RotationState): PasswordsReport {
    const { users, undoing } = this.#rotation
    const { before, after } = this.#connections
    return {
      state: state === 'done' && undoing ? 'undone' : state,
      users,
      resumed: this.#saved !== null,
      undoing,
      others: otherConsumers(users),
      hosts: this.#byHand,
      connections: { before: before.size, ended: [...before].filter((id) => !after.has(id)).length },
      tookMs: this.run.tookMs,
    }
  }

  get #rotation(): PasswordJournal {
    if (this.#journal === null) throw new Error('unreachable: a rotation that has begun has a journal')
    return this.#journal
  }

  /** What `secrets.json` holds when every consumer has moved. */
  get #secrets(): Secrets {
    const secrets = secretsOf(this.#dataCentre.secrets, this.#rotation, 'to')
    return this.#rotates(...OF_GATEWAYS) ? { ...secrets, revision: this.#rotation.revision } : secrets
  }

  get #byHand(): HostDelivery[] {
    return this.#consumers.byHand((_site, dataCentre) => hostPasswords(dataCentre, this.#rotation.users))
  }

  get #proxyUsers(): string[] {
    return proxyUsersOf(this.#dataCentre)
  }

  #rotates(...secrets: PasswordName[]): boolean {
    return secrets.some((secret) => this.#rotation.users.includes(secret))
  }

  async #note(journal: PasswordJournal): Promise<void> {
    await this.#journalFile.write(journal)
    this.#journal = journal
  }
}
