import { setTimeout as sleep } from 'node:timers/promises'
import { formatAddress, type NodeAddress, type TlsOptions } from '@holdfast/tokens/redis'
import type { CertificateRequest } from '../../../certificates/index.ts'
import { ClusterError } from '../../../errors.ts'
import { readField } from '../../../redis/lines.ts'
import { Nodes } from '../../../redis/nodes.ts'
import { Sentinels } from '../../../redis/sentinels.ts'
import { type DataHost, processName, redisAddress, sentinelAddress } from '../../../topology/topology.ts'
import { inTurn } from '../../lock.ts'
import { type AnyDataCentre, type DataCentrePlace, isSite, openDataCentre } from '../../open.ts'
import { againOf } from '../../place-again.ts'
import type { HostDelivery } from '../host-delivery.ts'
import { type RotationHooks, refuseBesidePasswords, stopped } from '../rotation.ts'
import { whyNotWhole } from '../whole.ts'
import { type CertificateChoices, refuseOddChoices } from './choices.ts'
import { renewOwnIfEnded, shownCertificates, whyNotReachable } from './ended.ts'
import { IssueJournal } from './journal.ts'
import { localServers } from './local-servers.ts'
import { refusePlain } from './refuse-plain.ts'
import { servedFingerprint } from './served-certificate.ts'
import type { CertificateChange, CertifiedServers } from './servers.ts'
import { siteServers } from './site-servers.ts'

/** In this order; some have nothing to do where files need no delivery, or without TLS of one's own. */
export const CERTIFICATE_STEPS = [
  'check',
  'issue',
  'deliver',
  'redis',
  'sentinels',
  'tunnels',
  'gateways',
  'supervisor',
  'prove',
] as const
export type CertificateStep = (typeof CERTIFICATE_STEPS)[number]

export type RotateCertificatesOptions = DataCentrePlace & CertificateChoices & RotationHooks<CertificateStep>

export interface CertificatesReport {
  /** `waiting`: they are issued, and nobody shows them before they were brought to the hosts; until the stage `finish`. */
  state: 'done' | 'waiting'
  /** Whose certificates are new. */
  renewed: string[]
  /** When the first of them ends; null where none was due. */
  notAfter: Date | null
  /** Days until the authority itself ends (rounded down): all certificates end with it. */
  authorityDaysLeft: number
  /** It went on with a rotation that had not ended. */
  resumed: boolean
  /** What is to be brought to which host; empty where Holdfast has done that. */
  hosts: HostDelivery[]
  tookMs: number
}

/** Deadline of each question (in milliseconds). */
const PATIENCE_MS = 1000
const LOOK_AGAIN_MS = 50
/** A Sentinel that was started again answers within a second, and asks the others for what it knows (in milliseconds). */
const WHOLE_MS = 30_000
const BRIEFLY_MS = 5000
/** Processes that no longer could connect to each other try again, and Sentinel moves who follows the wrong primary (in milliseconds). */
const MENDED_MS = 60_000
/** The same for what starts a process again that ended: it may be in no hurry (in milliseconds). */
const SHOWN_MS = 20_000

/**
 * Gives every process of a data centre a new certificate from the same authority, while all of them work (FACT-46): Redis takes it
 * by a command, a gateway and stunnel by reading their files again, and a Sentinel, which cannot, is started again, one at
 * a time, while the others are a majority. Old and new ones believe each other. Killed anywhere, it goes on where it was
 * when it is run again.
 *
 * Of a data centre that is reached by its file, they are issued where `holdfast ca` keeps its authority, and brought to the
 * hosts by `deliverCommand`; without it the rotation stops when they are issued, and says in `hosts` what to bring where,
 * until `finish`. Then Redis and Sentinels are told over the network. What each of them shows is seen before the next.
 *
 * Where certificates have ended, this operation's own or those of any number of hosts, it is the remedy: it then asks no more
 * than that every Redis and every Sentinel answers, and ends when the data centre is whole.
 *
 * Throws `NOT_SAFE` with the reason, before anything is changed; `ROTATION_STOPPED` or `ROTATION_ABORTED` when it had
 * begun; `BUSY`; `CERTIFICATE_REFUSED`, `AUTHORITY_MISSING`; and as `openDataCentre`.
 */
export async function rotateCertificates(options: RotateCertificatesOptions): Promise<CertificatesReport> {
  const open = () => openDataCentre(options)
  const dataCentre = await open()
  refusePlain(dataCentre)
  refuseOddChoices(await IssueJournal.open(dataCentre.folder.certificateRotationFile), options)
  await renewOwnIfEnded(dataCentre, options.days)
  return inTurn(open, 'rotation of certificates', (opened) => rotateCertificatesOf(opened, options))
}

/** The same for who has the data centre to himself already, and has opened it since. INV-OPERATIONS-14. */
export async function rotateCertificatesOf(
  dataCentre: AnyDataCentre,
  options: CertificateChoices & RotationHooks<CertificateStep>,
): Promise<CertificatesReport> {
  refusePlain(dataCentre)
  await refuseBesidePasswords(dataCentre.folder)
  const journal = await IssueJournal.open(dataCentre.folder.certificateRotationFile)
  refuseOddChoices(journal, options)
  const rotation = new CertificateRotation(dataCentre, journal, options)
  try {
    return await rotation.run()
  } catch (error) {
    if (journal.isEmpty && error instanceof ClusterError) throw error
    throw stopped(error, options.signal, `holdfast rotate certificates${againOf(dataCentre)}`)
  } finally {
    rotation.close()
  }
}

class CertificateRotation {
  readonly #dataCentre: AnyDataCentre
  readonly #journal: IssueJournal
  readonly #options: CertificateChoices & RotationHooks<CertificateStep>
  readonly #servers: CertifiedServers
  readonly #nodes: Nodes
  readonly #sentinels: Sentinels
  readonly #beganMs = performance.now()
  #renewed: string[] = []
  /** It went on although the data centre was not whole, because certificates had ended. */
  #mends = false

  constructor(
    dataCentre: AnyDataCentre,
    journal: IssueJournal,
    options: CertificateChoices & RotationHooks<CertificateStep>,
  ) {
    this.#dataCentre = dataCentre
    this.#journal = journal
    this.#options = options
    this.#nodes = new Nodes(dataCentre, { alsoEnded: true })
    this.#sentinels = new Sentinels(dataCentre, { alsoEnded: true })
    this.#servers = isSite(dataCentre)
      ? siteServers(dataCentre, this.#sentinels, options.deliverCommand)
      : localServers(dataCentre)
  }

  async run(): Promise<CertificatesReport> {
    const resumed = !this.#journal.isEmpty
    this.#enter('check', 'Checking that the data centre is whole.')
    const authorityDaysLeft = await this.#checkAuthority()
    const due = await this.#due()
    this.#renewed = due.map(({ name }) => name)
    const isDue = due.length > 0
    if (isDue) {
      await this.#checkProcesses()
      this.#enter('issue', 'Issuing new certificates.')
      await this.#issue(due)
    }
    const waits = isDue && this.#waits()
    if (isDue && !waits) await this.#renewAll()
    const { issued } = await this.#servers.certificates.list()
    const ends = issued.flatMap(({ subject, notAfter }) =>
      this.#renewed.includes(subject) ? Number(notAfter) : [],
    )
    return {
      state: waits ? 'waiting' : 'done',
      renewed: this.#renewed,
      notAfter: isDue ? new Date(Math.min(...ends)) : null,
      authorityDaysLeft,
      resumed,
      hosts: waits ? this.#servers.byHand(this.#renewed) : [],
      tookMs: Math.round(performance.now() - this.#beganMs),
    }
  }

  close(): void {
    this.#nodes.close()
    this.#sentinels.close()
  }

  /** Nobody can take what people have yet to bring: only they know when that is done. */
  #waits(): boolean {
    const { stage } = this.#options
    return stage === 'begin' || (stage !== 'finish' && this.#servers.byHand(this.#renewed).length > 0)
  }

  /** Answers how many days the authority has left. */
  async #checkAuthority(): Promise<number> {
    const { certificates, operator, newAuthority } = this.#servers
    const { authority } = await certificates.list()
    if (!(await certificates.canIssue())) {
      throw new ClusterError(
        'AUTHORITY_MISSING',
        `The key of the authority is not in ${certificates.path}: run this where \`holdfast ca\` keeps it.`,
      )
    }
    if (authority.daysLeft < 1) {
      throw new ClusterError(
        'NOT_SAFE',
        `The authority in ${authority.file} has ended: certificates end with it. ${newAuthority}`,
      )
    }
    const own = await certificates.find(operator)
    if (own?.file.isOurs === false) {
      throw new ClusterError(
        'NOT_SAFE',
        `Another authority than that in ${authority.file} signed ${own.file.file}: what hosts believe is not known. ${newAuthority}`,
      )
    }
    return authority.daysLeft
  }

  async #checkProcesses(): Promise<void> {
    await this.#servers.check()
    // One that was interrupted may have left a Sentinel that is just starting.
    await this.#untilReady(this.#journal.isEmpty ? BRIEFLY_MS : WHOLE_MS).catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new ClusterError('NOT_SAFE', `${why} See \`holdfast status\`.`, { cause })
    })
  }

  /** Who gets a new certificate: by their files, by what they show, and whoever had one issued by this rotation already. */
  async #due(): Promise<CertificateRequest[]> {
    const { withinDays } = this.#options
    const requests = await this.#servers.requests()
    if (withinDays === undefined) return requests
    const files = new Map(
      (await this.#servers.certificates.list()).issued.map((file) => [file.subject, file]),
    )
    const shown = await shownCertificates(this.#dataCentre, this.#servers)
    return requests.filter(({ name }) => {
      const file = files.get(name)
      return (
        this.#journal.fingerprintOf(name) !== undefined ||
        file === undefined ||
        !file.isOurs ||
        file.daysLeft < withinDays ||
        shown.some(({ holder, daysLeft }) => holder === name && daysLeft < withinDays)
      )
    })
  }

  /** Issues what this rotation has not issued yet. */
  async #issue(requests: readonly CertificateRequest[]): Promise<void> {
    const { days, signal } = this.#options
    const { certificates } = this.#servers
    if (this.#journal.isEmpty) await this.#servers.begin()
    const files = new Map((await certificates.list()).issued.map((file) => [file.subject, file]))
    for (const request of requests) {
      signal?.throwIfAborted()
      const issued = this.#journal.fingerprintOf(request.name)
      if (issued !== undefined && files.get(request.name)?.fingerprint === issued) continue
      const { fingerprint } = await certificates.issue({ ...request, ...(days && { days }) })
      await this.#journal.add(request.name, fingerprint)
    }
  }

  async #renewAll(): Promise<void> {
    await this.#servers.deliver(this.#change)
    if (this.#servers.tunnels.length > 0) {
      await this.#renewTunnels()
    } else {
      await this.#renewRedis()
      await this.#renewSentinels()
    }
    if (this.#mends) await this.#untilWhole(MENDED_MS)
    await this.#servers.take(this.#change)
    this.#enter('prove', 'Connecting to everybody anew.')
    await this.#prove()
    await this.#journal.end()
  }

  async #renewRedis(): Promise<void> {
    for (const { index, host, holder } of await this.#endedFirst('redis')) {
      const name = processName('redis', index, host)
      this.#enter('redis', `Letting ${name} read its new certificate.`)
      await this.#readAgain(host).catch((cause: unknown) => {
        const why = cause instanceof Error ? cause.message : String(cause)
        throw new Error(`${name}: ${why}`, { cause })
      })
      await this.#untilShown(name, holder, redisAddress(host))
    }
  }

  /** From where it has read them before. Both in one command: with one of them alone they would not belong together. */
  async #readAgain(host: DataHost): Promise<void> {
    const files = ['tls-cert-file', 'tls-key-file']
    const address = redisAddress(host)
    const [config] = await this.#nodes.send(address, [['CONFIG', 'GET', ...files]], PATIENCE_MS)
    const set = files.flatMap((name) => [name, readField(config, name)])
    await this.#nodes.send(address, [['CONFIG', 'SET', ...set]], PATIENCE_MS)
  }

  async #renewSentinels(): Promise<void> {
    for (const { index, host, holder } of await this.#endedFirst('sentinel')) {
      const name = processName('sentinel', index, host)
      const address = sentinelAddress(host)
      if (await this.#isShown(holder, address)) continue
      this.#enter(
        'sentinels',
        `Starting ${name} again with its new certificate, while the others are a majority.`,
      )
      await this.#untilReady()
      await this.#servers.restartSentinel(index)
      await this.#untilShown(name, holder, address)
      await this.#untilReady()
    }
  }

  /** The data hosts whose certificates are new. While one has ended, its processes are missing: each other one is needed. */
  async #endedFirst(
    kind: 'redis' | 'sentinel',
  ): Promise<{ index: number; host: DataHost; holder: string }[]> {
    const shown = await shownCertificates(this.#dataCentre, this.#servers)
    const ended = new Set(shown.flatMap(({ holder, daysLeft }) => (daysLeft < 0 ? [holder] : [])))
    return this.#dataHosts
      .map((host, index) => ({ index, host, holder: this.#servers.holderOf(kind, index) }))
      .filter(({ holder }) => this.#renewed.includes(holder))
      .sort((a, b) => Number(ended.has(b.holder)) - Number(ended.has(a.holder)))
  }

  async #renewTunnels(): Promise<void> {
    for (const { name, addresses, reload } of this.#servers.tunnels) {
      if (!this.#renewed.includes(name)) continue
      this.#enter('tunnels', `Letting ${name} read its new certificate.`)
      await reload()
      for (const address of addresses) await this.#untilShown(name, name, address)
      await this.#untilReady()
    }
  }

  /** With the certificate that this operation shows from now on. */
  async #prove(): Promise<void> {
    const { operator } = this.#servers
    const tls = this.#dataCentre.tls === null ? null : await this.#tlsOf(operator)
    const fresh = { ...this.#dataCentre, tls }
    const [nodes, sentinels] = [new Nodes(fresh), new Sentinels(fresh)]
    try {
      const [views, answers] = await Promise.all([nodes.views(PATIENCE_MS), sentinels.answers(PATIENCE_MS)])
      const { length } = this.#dataHosts
      if (views.length < length || answers.length < length) {
        throw new Error(
          `Only ${views.length} Redis and ${answers.length} Sentinels answer to the new certificates.`,
        )
      }
    } finally {
      nodes.close()
      sentinels.close()
    }
  }

  async #untilShown(name: string, holder: string, address: NodeAddress): Promise<void> {
    await this.#until(`${name} shows its new certificate at ${formatAddress(address)}`, SHOWN_MS, async () =>
      (await this.#isShown(holder, address)) ? null : this.#servers.remedy,
    )
  }

  async #isShown(holder: string, address: NodeAddress): Promise<boolean> {
    const isTunnel = this.#servers.tunnels.length > 0
    const tls = await this.#tlsOf(isTunnel ? holder : this.#servers.operator)
    const shown = await servedFingerprint(address, tls, {
      timeoutMs: PATIENCE_MS,
      ...(isTunnel ? { name: holder } : {}),
    }).catch(() => null)
    return shown !== null && shown === this.#journal.fingerprintOf(holder)
  }

  async #tlsOf(holder: string): Promise<TlsOptions> {
    const { certificates } = this.#servers
    const found = await certificates.find(holder)
    if (found === null) {
      throw new ClusterError(
        'CERTIFICATE_UNREADABLE',
        `There is no certificate "${holder}" with its key in ${certificates.path}.`,
      )
    }
    return { ca: found.authority, cert: found.certificate, key: found.key }
  }

  get #dataHosts(): DataHost[] {
    return this.#dataCentre.topology.dataHosts
  }

  get #change(): CertificateChange {
    return {
      renewed: this.#renewed,
      signal: this.#options.signal,
      tell: (step, text) => this.#enter(step, text),
    }
  }

  #untilWhole(limitMs: number): Promise<void> {
    return this.#until('the data centre is whole', limitMs, () => this.#whyNotWhole())
  }

  /** Until it is whole, or would be but for a certificate that has ended and is still shown. */
  #untilReady(limitMs = this.#mends ? MENDED_MS : WHOLE_MS): Promise<void> {
    return this.#until('the data centre is whole', limitMs, async () => {
      const why = await this.#whyNotWhole()
      if (why === null) return null
      const shown = await shownCertificates(this.#dataCentre, this.#servers)
      if (shown.every(({ daysLeft }) => daysLeft >= 0)) return why
      this.#mends = true
      // Behind a tunnel that has ended nobody can be asked, and its reload ends no connection.
      if (this.#servers.tunnels.length > 0) return null
      return whyNotReachable(this.#dataCentre.topology, this.#nodes, this.#sentinels)
    })
  }

  #whyNotWhole(): Promise<string | null> {
    return whyNotWhole(this.#dataCentre.topology, this.#nodes, this.#sentinels)
  }

  /** `whyNot` answers null when it is so. */
  async #until(what: string, limitMs: number, whyNot: () => Promise<string | null>): Promise<void> {
    const { signal } = this.#options
    const untilMs = performance.now() + limitMs
    for (;;) {
      const why = await whyNot()
      if (why === null) return
      if (performance.now() > untilMs) {
        throw new Error(`Waited ${limitMs / 1000} s in vain until ${what}${why === '' ? '' : `: ${why}`}.`)
      }
      await sleep(LOOK_AGAIN_MS, undefined, signal && { signal })
    }
  }

  #enter(step: CertificateStep, text: string): void {
    this.#options.signal?.throwIfAborted()
    this.#options.onProgress?.({ step, text })
  }
}
