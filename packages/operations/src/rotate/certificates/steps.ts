import { writeSecrets } from '@holdfast/local/state/secrets-file'
import type { CertificateRequest } from '@holdfast/site/certificates/certificate'
import { ClusterError } from '@holdfast/site/errors'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import { cliFlagsOf } from '../../data-centre/cli-flags.ts'
import type { AnyDataCentre } from '../../data-centre/open.ts'
import { consumersOf, planDelivery, type SecretConsumers } from '../consumers.ts'
import {
  newRevision,
  planSteps,
  type Rotation,
  RotationRun,
  type RotationStanding,
  type RotationState,
  type RotationStep,
  reasonOf,
} from '../engine.ts'
import { type HostDelivery, hostCertificates } from '../host-files.ts'
import { assertNoPasswordRotation } from '../secret-files.ts'
import { CertifiedProcesses } from './certified-processes.ts'
import {
  assertHasCertificates,
  assertValidChoices,
  type CertificateOptions,
  type CertificateStep,
  type CertificatesReport,
} from './choices.ts'
import { type CertificateHolders, holdersOf } from './holders.ts'
import { IssueJournal } from './journal.ts'
import { servedCertificates } from './served.ts'

/** How long a group may take to become healthy: one that was found at rest, or with a Sentinel that starts (in milliseconds). */
const BRIEFLY_MS = 5000
const SETTLE_MS = 30_000

/** The steps of one rotation of certificates, and what they know of each other. INV-OPERATIONS-14. */
export class CertificateRotation implements Rotation<CertificatesReport> {
  readonly run: RotationRun<CertificateStep>
  readonly #dataCentre: AnyDataCentre
  readonly #journal: IssueJournal
  readonly #options: CertificateOptions
  readonly #holders: CertificateHolders
  readonly #consumers: SecretConsumers
  readonly #processes: CertifiedProcesses
  readonly #resumed: boolean
  #secrets: Secrets
  #authorityDaysLeft = 0
  /** The certificates to renew. */
  #due: CertificateRequest[] = []
  #notAfter: Date | null = null

  private constructor(dataCentre: AnyDataCentre, journal: IssueJournal, options: CertificateOptions) {
    this.run = new RotationRun(options)
    this.#dataCentre = dataCentre
    this.#journal = journal
    this.#options = options
    this.#holders = holdersOf(dataCentre)
    this.#consumers = consumersOf(dataCentre, options)
    this.#processes = new CertifiedProcesses(dataCentre, this.#holders, journal, this.run)
    this.#resumed = !journal.isEmpty
    this.#secrets = dataCentre.secrets
  }

  static async open(dataCentre: AnyDataCentre, options: CertificateOptions): Promise<CertificateRotation> {
    assertHasCertificates(dataCentre)
    const journal = await IssueJournal.open(dataCentre.folder.certificateRotationFile)
    assertValidChoices(journal, options)
    return new CertificateRotation(dataCentre, journal, options)
  }

  close(): void {
    this.#processes.close()
  }

  /** Which certificates `withinDays` selects is not asked: the plan names all. */
  async plan(): Promise<string[]> {
    this.#due = await this.#holders.requests()
    return planSteps(this.steps)
  }

  get steps(): readonly RotationStep[] {
    const isDue = () => this.#due.length > 0
    const isTunnelled = this.#holders.tunnels.length > 0
    const { supervisor, gateways, deliverCommand } = this.#consumers
    const { length } = this.#dataCentre.topology.dataHosts
    return [
      { run: () => this.#check() },
      {
        isDue,
        run: () => this.#issue(),
        plan: () => [
          ...(this.#resumed ? ['Resume the rotation that began before.'] : []),
          `Issue new certificates from the same authority for ${this.#renewed.join(', ')}.`,
        ],
      },
      {
        isDue: () => isDue() && this.#waits(),
        isStop: true,
        plan: () => [
          ...(deliverCommand === null ? planDelivery(this.#consumers, 'them', this.#byHand) : []),
          'Stop there, until --stage finish: no process uses a new certificate before.',
        ],
      },
      {
        isDue: () => isDue() && deliverCommand !== null,
        run: () => this.#deliver(),
        plan: () => planDelivery(this.#consumers, 'them', []),
      },
      {
        isDue: () => isDue() && !isTunnelled,
        run: () => this.#processes.renewRedis(this.#renewed),
        plan: () => [`Make ${length} Redis read theirs with CONFIG SET: no connection ends.`],
      },
      {
        isDue: () => isDue() && !isTunnelled,
        run: () => this.#processes.renewSentinels(this.#renewed),
        plan: () => [
          `Restart ${length} Sentinels, one at a time, each when all know each other and CKQUORUM succeeds.`,
        ],
      },
      {
        isDue: () => isDue() && isTunnelled,
        run: () => this.#processes.renewTunnels(this.#renewed),
        plan: () => [`Make ${length} stunnel read theirs with SIGHUP: no connection ends.`],
      },
      { isDue: () => this.#processes.areRepaired, run: () => this.#processes.waitUntilRepaired() },
      {
        isDue: () => isDue() && !isTunnelled,
        run: () => (supervisor === null ? this.#askGateways() : this.#renewGateways()),
        plan: () => [
          supervisor === null
            ? 'Ask the gateways that answer whether they use theirs.'
            : `Make ${gateways.length} gateways use theirs without a restart.`,
        ],
      },
      {
        isDue: () => isDue() && !isTunnelled && supervisor !== null,
        run: () => this.#renewSupervisor(),
        plan: () => ['Make the supervisor use its new one.'],
      },
      { isDue, run: () => this.#processes.prove(), plan: () => ['Connect to every process again.'] },
      { isDue, run: () => this.#journal.end() },
    ]
  }

  get standing(): RotationStanding {
    return {
      hasBegun: !this.#journal.isEmpty,
      valid: 'Old and new certificates are both valid: no user is affected.',
      command: `holdfast rotate certificates${cliFlagsOf(this.#dataCentre)}`,
    }
  }

  async #check(): Promise<void> {
    await assertNoPasswordRotation(this.#dataCentre.folder)
    this.run.enter('check', 'Checking that the data centre is healthy.')
    await this.#checkAuthority()
    this.#due = await this.#findDue()
    if (this.#due.length === 0) return
    await this.#consumers.supervisor?.check()
    // An interrupted run may have left a Sentinel that is just starting.
    await this.#processes.waitUntilReady(this.#resumed ? SETTLE_MS : BRIEFLY_MS).catch((cause: unknown) => {
      throw new ClusterError('NOT_SAFE', `${reasonOf(cause)} See \`holdfast status\`.`, { cause })
    })
  }

  async #checkAuthority(): Promise<void> {
    const { certificates, operator, newAuthority } = this.#holders
    const { authority } = await certificates.list()
    if (!(await certificates.canIssue())) {
      throw new ClusterError(
        'AUTHORITY_MISSING',
        `The key of the authority is not in ${certificates.path}. Run this command where \`holdfast ca\` keeps it.`,
      )
    }
    if (authority.daysLeft < 1) {
      throw new ClusterError(
        'NOT_SAFE',
        `The authority in ${authority.file} has expired, and certificates end with it. ${newAuthority}`,
      )
    }
    const own = await certificates.find(operator)
    if (own?.file.isOurs === false) {
      throw new ClusterError(
        'NOT_SAFE',
        `Another authority than that in ${authority.file} signed ${own.file.file}: which one the hosts trust is not known. ${newAuthority}`,
      )
    }
    this.#authorityDaysLeft = authority.daysLeft
  }

  /** Selects by the files, by what the processes serve, and all that this rotation has issued before. */
  async #findDue(): Promise<CertificateRequest[]> {
    const { withinDays } = this.#options
    const requests = await this.#holders.requests()
    if (withinDays === undefined) return requests
    const { issued } = await this.#holders.certificates.list()
    const files = new Map(issued.map((file) => [file.subject, file]))
    const served = await servedCertificates(this.#dataCentre, this.#holders)
    return requests.filter(({ name }) => {
      const file = files.get(name)
      return (
        this.#journal.fingerprintOf(name) !== undefined ||
        file === undefined ||
        !file.isOurs ||
        file.daysLeft < withinDays ||
        served.some(({ holder, daysLeft }) => holder === name && daysLeft < withinDays)
      )
    })
  }

  /** Issues what this rotation has not issued so far. */
  async #issue(): Promise<void> {
    this.run.enter('issue', 'Issuing new certificates.')
    const { days } = this.#options
    const { certificates } = this.#holders
    // The files that are brought to hosts carry the revision: gateways show by it that they use them.
    if (this.#journal.isEmpty && this.#consumers.supervisor === null) await this.#changeRevision()
    const files = new Map((await certificates.list()).issued.map((file) => [file.subject, file]))
    for (const request of this.#due) {
      this.run.signal?.throwIfAborted()
      const issued = this.#journal.fingerprintOf(request.name)
      if (issued !== undefined && files.get(request.name)?.fingerprint === issued) continue
      const { fingerprint } = await certificates.issue({ ...request, ...(days && { days }) })
      await this.#journal.add(request.name, fingerprint)
    }
    const { issued } = await certificates.list()
    const ends = issued.flatMap(({ subject, notAfter }) =>
      this.#renewed.includes(subject) ? Number(notAfter) : [],
    )
    this.#notAfter = new Date(Math.min(...ends))
  }

  /** Changes nothing if the secrets are in no file: then nothing shows which secrets the gateways use. */
  async #changeRevision(): Promise<void> {
    const { secretsFile } = this.#dataCentre.folder
    if (secretsFile === null) return
    this.#secrets = { ...this.#secrets, revision: newRevision() }
    await writeSecrets({ secretsFile }, this.#secrets)
  }

  /** Only people know when the files that they bring are on the hosts. */
  #waits(): boolean {
    const { stage } = this.#options
    return stage === 'begin' || (stage !== 'finish' && this.#byHand.length > 0)
  }

  async #deliver(): Promise<void> {
    this.run.enter('deliver', `Bringing the new certificates to the hosts: ${this.#consumers.deliverCommand}`)
    await this.#consumers.deliver(this.#secrets, this.run.signal)
  }

  async #renewGateways(): Promise<void> {
    this.run.enter('gateways', 'Waiting until every gateway uses its new certificate.')
    await this.#changeRevision()
    const { signal } = this.run
    await this.#consumers.deliver(this.#secrets, signal)
    await this.#consumers.waitForGateways({
      revision: this.#secrets.revision ?? '',
      signal,
      what: 'certificates',
    })
  }

  async #askGateways(): Promise<void> {
    const { revision } = this.#secrets
    if (revision === undefined) return
    this.run.enter('gateways', 'Asking the gateways that answer whether they use their new certificates.')
    const wanted = { revision, signal: this.run.signal, what: 'certificates', names: this.#renewed }
    await this.#consumers.waitForGateways(wanted)
  }

  async #renewSupervisor(): Promise<void> {
    this.run.enter('supervisor', 'Making the supervisor use its new certificate.')
    await this.#consumers.supervisor?.reload()
  }

  /** The holders of new certificates. */
  get #renewed(): string[] {
    return this.#due.map(({ name }) => name)
  }

  /** What people have to bring to the hosts with new certificates. */
  get #byHand(): HostDelivery[] {
    return this.#consumers.byHand(hostCertificates).filter(({ host }) => this.#renewed.includes(host))
  }

  report(state: RotationState): CertificatesReport {
    return {
      state,
      renewed: this.#renewed,
      notAfter: this.#notAfter,
      authorityDaysLeft: this.#authorityDaysLeft,
      resumed: this.#resumed,
      hosts: state === 'waiting' ? this.#byHand : [],
      tookMs: this.run.tookMs,
    }
  }
}
