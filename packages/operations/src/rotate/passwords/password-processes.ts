import { primaryOf } from '@holdfast/agent/group/health'
import { type GroupClients, takeSnapshot } from '@holdfast/agent/group/snapshot'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import { formatAddress, type TlsOptions } from '@holdfast/tokens/redis'
import type { RotationRun } from '../engine.ts'
import { whyNotRotatable } from '../group-health.ts'
import {
  type AclProcess,
  aclProcesses,
  addPasswords,
  grantsOn,
  labelOf,
  proveLogins,
  removePasswords,
} from './acl-processes.ts'
import type { PasswordStep } from './choices.ts'
import { adjectivesOf, type PasswordJournal } from './journal.ts'
import { cutLink, setReplicaLogin, setSentinelLogins, silentPeerOf } from './replication-logins.ts'
import type { PasswordName } from './users.ts'

/** How long a replica's new link takes, or a Sentinel's new connections (in milliseconds). */
const SETTLE_MS = 15_000

/** Every Redis and Sentinel of a group, and the steps that a rotation of passwords does to each of them. */
export class PasswordProcesses {
  readonly all: readonly AclProcess[]
  readonly #group: GroupClients
  readonly #tls: TlsOptions | null
  readonly #run: RotationRun<PasswordStep>

  constructor(group: GroupClients, tls: TlsOptions | null, run: RotationRun<PasswordStep>) {
    this.all = aclProcesses(group)
    this.#group = group
    this.#tls = tls
    this.#run = run
  }

  /** The processes with a user whose password is rotated. */
  names(users: readonly PasswordName[]): string {
    return this.all
      .filter((process) => grantsOn(process, users).length > 0)
      .map(({ name }) => name)
      .join(', ')
  }

  async add(journal: PasswordJournal): Promise<void> {
    const { wanted, unwanted } = adjectivesOf(journal)
    for (const process of this.all) {
      this.#run.enter('add', `Adding the ${wanted} passwords beside the ${unwanted} ones on ${process.name}.`)
      await this.#retry(process, () => addPasswords(process, grantsFor(process, journal, 'to')))
    }
  }

  /** New connections of the rotation itself prove the new passwords, too. */
  useSecrets(secrets: Secrets): void {
    this.#group.nodes.renew({ secrets, tls: this.#tls })
    this.#group.sentinels.renew({ secrets, tls: this.#tls })
  }

  async moveRedis(secrets: Secrets): Promise<void> {
    for (const process of this.#of('redis')) {
      this.#run.enter('redis', `Setting the new password of replication on ${process.name}.`)
      await this.#retry(process, () => setReplicaLogin(process, secrets))
    }
  }

  /** One at a time: each reconnects, and the others are a majority meanwhile. */
  async moveSentinels(secrets: Secrets, users: readonly PasswordName[]): Promise<void> {
    const { primaryName } = this.#group.topology
    for (const process of this.#of('sentinel')) {
      this.#run.enter('sentinels', `Reconnecting ${process.name} with the new passwords.`)
      await this.#retry(process, () => setSentinelLogins(process, primaryName, secrets, users))
      const sinceMs = performance.now()
      await this.#run.waitFor(`all to answer ${labelOf(process)}`, SETTLE_MS, async () => {
        const silent = await silentPeerOf(process, primaryName, sinceMs)
        return silent === null ? null : `${silent} has not answered it`
      })
    }
  }

  async prove(journal: PasswordJournal): Promise<void> {
    const { wanted } = adjectivesOf(journal)
    for (const process of this.all) {
      this.#run.enter('prove', `Logging in to ${process.name} with each ${wanted} password.`)
      await this.#retry(process, () => proveLogins(process, grantsFor(process, journal, 'to'), this.#tls))
    }
  }

  /** One at a time: with three nodes, writes need the other replica. */
  async relinkReplicas(): Promise<void> {
    const { nodes } = this.#group
    for (const { address } of this.#of('redis')) {
      await this.waitUntilHealthy(SETTLE_MS)
      const primary = primaryOf(await takeSnapshot(this.#group))
      const name = formatAddress(address)
      if (primary === null || primary.at === name) continue
      this.#run.enter('relink', `Cutting the link of ${name}, to prove that it can reconnect.`)
      const isLinked = await cutLink(nodes, address, primary.address)
      await this.#run.waitFor(`${name} to catch up over a new link`, SETTLE_MS, async () =>
        (await isLinked()) ? null : 'see its log',
      )
    }
  }

  async remove(journal: PasswordJournal): Promise<void> {
    const { unwanted } = adjectivesOf(journal)
    for (const process of this.all) {
      this.#run.enter('remove', `Removing the ${unwanted} passwords from ${process.name}.`)
      const keeps = new Map(
        grantsFor(process, journal, 'to').map(({ secret, password }) => [secret, password]),
      )
      const grants = grantsFor(process, journal, 'from').map((grant) => ({
        ...grant,
        keeps: keeps.get(grant.secret) ?? '',
      }))
      await this.#retry(process, () => removePasswords(process, grants))
    }
  }

  waitUntilHealthy(limitMs: number): Promise<void> {
    return this.#run.waitFor('a healthy data centre', limitMs, () => whyNotRotatable(this.#group))
  }

  #of(kind: AclProcess['kind']): AclProcess[] {
    return this.all.filter((process) => process.kind === kind)
  }

  #retry(process: AclProcess, work: () => Promise<void>): Promise<void> {
    return this.#run.retry(labelOf(process), work)
  }
}

/** The users of a process with their passwords on one side of the rotation. */
function grantsFor(process: AclProcess, { users, ...sides }: PasswordJournal, side: 'from' | 'to') {
  return grantsOn(process, users).map((grant) => {
    const { password } = sides[side][grant.secret] ?? {}
    if (password === undefined) throw new Error(`The journal has no password "${grant.secret}".`)
    return { ...grant, password }
  })
}
