import { setTimeout as sleep } from 'node:timers/promises'
import { formatAddress } from '@holdfast/tokens/redis'
import { Nodes } from '../../../redis/nodes.ts'
import { Sentinels } from '../../../redis/sentinels.ts'
import type { Secrets } from '../../../secrets/secrets.ts'
import { writeSecrets } from '../../../state/write-secrets.ts'
import { inTurn } from '../../lock.ts'
import { type AnyDataCentre, type DataCentrePlace, openDataCentre } from '../../open.ts'
import { againOf } from '../../place-again.ts'
import type { HostDelivery } from '../host-delivery.ts'
import { newRevision, type RotationHooks } from '../rotation.ts'
import { type SecretFiles, secretFilesOf } from '../secret-files.ts'
import { whyNotWhole } from '../whole.ts'
import { choosePasswords, newJournal } from './begin.ts'
import { type PasswordChoices, refuseOddChoices } from './choices.ts'
import { applicationConnections } from './connections.ts'
import { moveReplica, moveSentinel, relink, whoIsSilentTo } from './consumers.ts'
import { accept, type Guarded, grantsOn, guardedProcesses, labelOf, proveLogins, refuse } from './guarded.ts'
import { isForHands } from './host-passwords.ts'
import {
  endJournal,
  type RotationJournal,
  readJournal,
  reversed,
  secretsOf,
  writeJournal,
} from './journal.ts'
import type { PasswordChange, Servers } from './servers.ts'
import { serversOf } from './servers-of.ts'
import { stopped } from './stopped.ts'
import { type OtherConsumer, otherConsumers, type PasswordName } from './users.ts'

/** In this order; some have nothing to do where only some passwords are rotated. */
export const PASSWORD_STEPS = [
  'check',
  'begin',
  'add',
  'redis',
  'sentinels',
  'secrets',
  'gateways',
  'supervisor',
  'prove',
  'relink',
  'agree',
  'remove',
  'end',
] as const
export type PasswordStep = (typeof PASSWORD_STEPS)[number]

export type RotatePasswordsOptions = DataCentrePlace & RotationHooks<PasswordStep> & PasswordChoices

export interface PasswordsReport {
  /** `waiting`: old and new passwords are both valid, until the stage `finish`. */
  state: 'done' | 'waiting' | 'undone'
  /** The passwords, by their names in `secrets.json`. */
  users: PasswordName[]
  /** It went on with a rotation that had not ended. */
  resumed: boolean
  /** It goes, or went, back to the passwords from before. */
  undoing: boolean
  /** Who may have copies that Holdfast does not reach. */
  others: OtherConsumer[]
  /** What is to be brought to which host; empty where Holdfast has done that. */
  hosts: HostDelivery[]
  /** Connections of applications that stood at the beginning, and how many of them have ended meanwhile. */
  connections: { before: number; ended: number }
  tookMs: number
}

/** The passwords that gateways use. */
const OF_GATEWAYS = ['app', 'sentinelApp'] as const

const LOOK_AGAIN_MS = 50
/** What is done to one process is tried again for so long: it may just be failing over (in milliseconds). */
const TRY_MS = 15_000
const TRY_AGAIN_MS = 400
/** What a replica's new link takes, or a Sentinel's new connections (in milliseconds). */
const SETTLE_MS = 15_000
const BRIEFLY_MS = 2000

/**
 * Gives the users of every Redis and Sentinel new passwords while all of them work. For a time both are valid: the new
 * ones are added everywhere, then everybody that uses one is moved, then each is proved on every process, and only then
 * the old ones are taken away. No connection of an application ends. Killed anywhere, nothing is refused, and it goes on
 * where it was when it is run again.
 *
 * Of a data centre that is reached by its file, Redis and Sentinels are told over the network and write their own files.
 * The files of its hosts that hold passwords are brought there by `deliverCommand`; without it the rotation stops at the
 * end of its stage `begin`, and says in `hosts` what to bring where, until `finish`.
 *
 * Throws `NOT_SAFE` with the reason, before anything is changed; `ROTATION_STOPPED` or `ROTATION_ABORTED` when it had
 * begun, saying where it stands and how to go on or back; `BUSY`; and as `openDataCentre`.
 */
export async function rotatePasswords(options: RotatePasswordsOptions): Promise<PasswordsReport> {
  const open = () => openDataCentre(options)
  return inTurn(open, 'rotation of passwords', (dataCentre) => rotatePasswordsOf(dataCentre, options))
}

/** The same for who has the data centre to himself already, and has opened it since. INV-OPERATIONS-9. */
export async function rotatePasswordsOf(
  dataCentre: AnyDataCentre,
  options: PasswordChoices & RotationHooks<PasswordStep>,
): Promise<PasswordsReport> {
  const files = secretFilesOf(dataCentre)
  const saved = await readJournal(files.rotationFile)
  refuseOddChoices(saved, options)
  const rotation = new PasswordRotation(dataCentre, files, saved, options)
  try {
    return await rotation.run()
  } catch (error) {
    throw stopped(error, options.signal, rotation.standing)
  } finally {
    rotation.close()
  }
}

class PasswordRotation {
  readonly #dataCentre: AnyDataCentre
  readonly #files: SecretFiles
  readonly #options: PasswordChoices & RotationHooks<PasswordStep>
  readonly #servers: Servers
  readonly #nodes: Nodes
  readonly #sentinels: Sentinels
  readonly #processes: Guarded[]
  /** In which phase it was found; null: it has begun now. */
  readonly #foundIn: RotationJournal['phase'] | null
  readonly #beganMs = performance.now()
  #journal: RotationJournal | null
  #doing = ''

  constructor(
    dataCentre: AnyDataCentre,
    files: SecretFiles,
    saved: RotationJournal | null,
    options: PasswordChoices & RotationHooks<PasswordStep>,
  ) {
    this.#dataCentre = dataCentre
    this.#files = files
    this.#journal = saved
    this.#foundIn = saved?.phase ?? null
    this.#options = options
    this.#servers = serversOf(dataCentre, options)
    const { topology, tls } = dataCentre
    const secrets = saved === null ? dataCentre.secrets : secretsOf(dataCentre.secrets, saved, saved.sure)
    this.#nodes = new Nodes({ topology, secrets, tls })
    this.#sentinels = new Sentinels({ topology, secrets, tls })
    this.#processes = guardedProcesses(topology, this.#nodes, this.#sentinels)
  }

  /** How far it has come, and what it was about to do. */
  get standing(): { journal: RotationJournal | null; doing: string; again: string } {
    return { journal: this.#journal, doing: this.#doing, again: againOf(this.#dataCentre) }
  }

  async run(): Promise<PasswordsReport> {
    this.#enter('check', 'Checking that the data centre is whole.')
    await this.#check()
    const before = await applicationConnections(this.#processes)
    this.#enter('begin', 'Writing down what will be rotated.')
    await this.#begin()
    // What others did meanwhile may have taken a password from somebody.
    if (this.#rotation.phase === 'wait') await this.#prove()
    if (this.#rotation.phase === 'add') await this.#add()
    if (this.#rotation.phase === 'move') await this.#move()
    if (this.#waits()) return this.#report('waiting', before)
    await this.#servers.confirm(this.#change)
    await this.#remove()
    const report = await this.#report(this.#rotation.undoing ? 'undone' : 'done', before)
    this.#enter('end', 'Forgetting the old ones.')
    await endJournal(this.#files.rotationFile)
    return report
  }

  close(): void {
    this.#nodes.close()
    this.#sentinels.close()
  }

  /** Nothing is taken away while people may still have files to bring to a host: only they know when that is done. */
  #waits(): boolean {
    const { phase, undoing, users } = this.#rotation
    if (phase !== 'wait') return false
    const { stage } = this.#options
    if (isForHands(this.#servers.byHand(users))) return stage !== 'finish' || this.#foundIn !== 'wait'
    return stage === 'begin' && !undoing
  }

  async #check(): Promise<void> {
    const { topology } = this.#dataCentre
    await this.#servers.check()
    await this.#until('the data centre is whole', this.#foundIn === null ? BRIEFLY_MS : SETTLE_MS, () =>
      whyNotWhole(topology, this.#nodes, this.#sentinels),
    )
  }

  async #begin(): Promise<void> {
    const { undo, users } = this.#options
    if (this.#journal === null) {
      const chosen = await choosePasswords(this.#processes, users)
      await this.#note(await newJournal(this.#dataCentre.secrets, this.#files, chosen))
    } else if (undo && !this.#journal.undoing) {
      await this.#note(reversed(this.#journal, newRevision()))
    }
  }

  async #add(): Promise<void> {
    for (const process of this.#processes) {
      this.#enter('add', `Letting ${process.name} take the new passwords beside the old ones.`)
      await this.#attempt(process, () => accept(process, this.#grants(process, 'to')))
    }
    await this.#note({ ...this.#rotation, phase: 'move', sure: 'to' })
  }

  async #move(): Promise<void> {
    // Fresh connections of this rotation prove the new ones, too.
    const { tls } = this.#dataCentre
    this.#nodes.renew({ secrets: this.#secrets, tls })
    this.#sentinels.renew({ secrets: this.#secrets, tls })
    await this.#moveRedis()
    await this.#moveSentinels()
    await this.#moveServers()
    await this.#prove()
    await this.#relinkReplicas()
    this.#enter('agree', 'Waiting until all are linked and the Sentinels would find a majority.')
    await this.#untilWhole()
    await this.#note({ ...this.#rotation, phase: 'wait' })
  }

  async #moveRedis(): Promise<void> {
    if (!this.#rotates('replica')) return
    for (const process of this.#of('redis')) {
      this.#enter('redis', `Letting ${process.name} follow its primary by the new password.`)
      await this.#attempt(process, () => moveReplica(process, this.#secrets))
    }
  }

  /** One at a time: each connects anew, and the others are a majority meanwhile. */
  async #moveSentinels(): Promise<void> {
    if (!this.#rotates('sentinel', 'peer')) return
    const { primaryName } = this.#dataCentre.topology
    for (const process of this.#of('sentinel')) {
      this.#enter('sentinels', `Letting ${process.name} connect to all by the new passwords.`)
      await this.#attempt(process, () =>
        moveSentinel(process, primaryName, this.#secrets, this.#rotation.users),
      )
      const sinceMs = performance.now()
      await this.#until(`${labelOf(process)} is answered by all`, SETTLE_MS, async () => {
        const silent = await whoIsSilentTo(process, primaryName, sinceMs)
        return silent === null ? null : `${silent} has not answered it`
      })
    }
  }

  /** Whoever uses them, and every command that is begun from now on. */
  async #moveServers(): Promise<void> {
    this.#enter('secrets', 'Writing the new passwords to secrets.json.')
    await writeSecrets(this.#files, this.#secrets)
    await this.#servers.take(this.#change)
  }

  async #prove(): Promise<void> {
    for (const process of this.#processes) {
      this.#enter('prove', `Logging in to ${process.name} by each new password.`)
      await this.#attempt(process, () =>
        proveLogins(process, this.#grants(process, 'to'), this.#dataCentre.tls),
      )
    }
  }

  /** One at a time: with three nodes, writes need the other one. */
  async #relinkReplicas(): Promise<void> {
    if (!this.#rotates('replica')) return
    for (const { address } of this.#of('redis')) {
      await this.#untilWhole()
      const views = await this.#nodes.views(BRIEFLY_MS)
      const primary = views.find(({ role }) => role === 'primary')
      const replica = views.find((view) => formatAddress(view.address) === formatAddress(address))
      if (primary === undefined || replica === undefined || replica === primary) continue
      this.#enter('relink', `Letting ${formatAddress(address)} follow anew, to see that it can.`)
      const isLinked = await relink(this.#nodes, replica, primary)
      await this.#until(`${formatAddress(address)} has caught up over a new link`, SETTLE_MS, async () =>
        (await isLinked()) ? null : 'its log says why',
      )
    }
  }

  async #remove(): Promise<void> {
    await this.#note({ ...this.#rotation, phase: 'remove' })
    for (const process of this.#processes) {
      this.#enter('remove', `Taking the old passwords from ${process.name}.`)
      const keeps = new Map(this.#grants(process, 'to').map(({ secret, password }) => [secret, password]))
      const grants = this.#grants(process, 'from').map((grant) => ({
        ...grant,
        keeps: keeps.get(grant.secret) ?? '',
      }))
      await this.#attempt(process, () => refuse(process, grants))
    }
  }

  async #report(state: PasswordsReport['state'], before: Set<string>): Promise<PasswordsReport> {
    const after = await applicationConnections(this.#processes)
    const { users, undoing } = this.#rotation
    return {
      state,
      users,
      resumed: this.#foundIn !== null,
      undoing,
      others: otherConsumers(users),
      hosts: this.#servers.byHand(users),
      connections: { before: before.size, ended: [...before].filter((id) => !after.has(id)).length },
      tookMs: Math.round(performance.now() - this.#beganMs),
    }
  }

  get #rotation(): RotationJournal {
    if (this.#journal === null) throw new Error('unreachable: a rotation that has begun has a journal')
    return this.#journal
  }

  /** What `secrets.json` holds when all have moved. */
  get #secrets(): Secrets {
    const secrets = secretsOf(this.#dataCentre.secrets, this.#rotation, 'to')
    return this.#rotates(...OF_GATEWAYS) ? { ...secrets, revision: this.#rotation.revision } : secrets
  }

  get #change(): PasswordChange {
    return {
      secrets: this.#secrets,
      revision: this.#rotates(...OF_GATEWAYS) ? this.#rotation.revision : null,
      signal: this.#options.signal,
      tell: (step, text) => this.#enter(step, text),
    }
  }

  #rotates(...secrets: PasswordName[]): boolean {
    return secrets.some((secret) => this.#rotation.users.includes(secret))
  }

  #of(kind: Guarded['kind']): Guarded[] {
    return this.#processes.filter((process) => process.kind === kind)
  }

  #grants(process: Guarded, side: 'from' | 'to') {
    return grantsOn(process, this.#rotation.users).map((grant) => {
      const { password } = this.#rotation[side][grant.secret] ?? {}
      if (password === undefined) throw new Error(`The journal has no password "${grant.secret}".`)
      return { ...grant, password }
    })
  }

  async #note(journal: RotationJournal): Promise<void> {
    await writeJournal(this.#files.rotationFile, journal)
    this.#journal = journal
  }

  /** All that is done to a process may be done again. */
  async #attempt(process: Guarded, work: () => Promise<void>): Promise<void> {
    const { signal } = this.#options
    const untilMs = performance.now() + TRY_MS
    for (;;) {
      try {
        return await work()
      } catch (cause) {
        if (performance.now() > untilMs) {
          const why = cause instanceof Error ? cause.message : String(cause)
          throw new Error(`${labelOf(process)}: ${why}`, { cause })
        }
        await sleep(TRY_AGAIN_MS * (0.5 + Math.random() / 2), undefined, signal && { signal })
      }
    }
  }

  #untilWhole(): Promise<void> {
    return this.#until('the data centre is whole', SETTLE_MS, () =>
      whyNotWhole(this.#dataCentre.topology, this.#nodes, this.#sentinels),
    )
  }

  /** `whyNot` answers null when it is so. */
  async #until(what: string, limitMs: number, whyNot: () => Promise<string | null>): Promise<void> {
    const { signal } = this.#options
    const untilMs = performance.now() + limitMs
    for (;;) {
      const why = await whyNot().catch((error: unknown) =>
        error instanceof Error ? error.message : String(error),
      )
      if (why === null) return
      if (performance.now() > untilMs)
        throw new Error(`Waited ${limitMs / 1000} s in vain until ${what}: ${why.replace(/\.$/, '')}.`)
      await sleep(LOOK_AGAIN_MS, undefined, signal && { signal })
    }
  }

  #enter(step: PasswordStep, text: string): void {
    this.#doing = text
    this.#options.signal?.throwIfAborted()
    this.#options.onProgress?.({ step, text })
  }
}
