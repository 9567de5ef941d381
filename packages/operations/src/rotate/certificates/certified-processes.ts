import { connectGroup, disconnectGroup, type GroupClients } from '@holdfast/agent/group/snapshot'
import { readField } from '@holdfast/agent/redis/replies'
import { ClusterError } from '@holdfast/site/errors'
import { type DataHost, processName, redisAddress, sentinelAddress } from '@holdfast/site/topology/topology'
import { formatAddress, type NodeAddress, type TlsOptions } from '@holdfast/tokens/redis'
import type { AnyDataCentre } from '../../data-centre/open.ts'
import { type RotationRun, reasonOf } from '../engine.ts'
import { whyNotRepairable, whyNotRotatable, whyUnreachable } from '../group-health.ts'
import type { CertificateStep } from './choices.ts'
import { type CertificateHolders, restartSentinel } from './holders.ts'
import type { IssueJournal } from './journal.ts'
import { servedCertificates, servedFingerprint } from './served.ts'

/** Deadline of one command (in milliseconds). */
const COMMAND_TIMEOUT_MS = 1000
/** How long a group may take to become healthy while a Sentinel starts (in milliseconds). */
const SETTLE_MS = 30_000
/** The same for processes that could not connect to each other: they retry, and Sentinel repoints replicas (in milliseconds). */
const RECONNECT_MS = 60_000
/** How long a process may take to serve its new certificate, restart included (in milliseconds). */
const SERVED_MS = 20_000

/** Every process that serves certificates, and the steps that a rotation does to each of them. */
export class CertifiedProcesses {
  readonly #dataCentre: AnyDataCentre
  readonly #holders: CertificateHolders
  readonly #journal: IssueJournal
  readonly #run: RotationRun<CertificateStep>
  readonly #group: GroupClients
  #areRepaired = false

  constructor(
    dataCentre: AnyDataCentre,
    holders: CertificateHolders,
    journal: IssueJournal,
    run: RotationRun<CertificateStep>,
  ) {
    this.#dataCentre = dataCentre
    this.#holders = holders
    this.#journal = journal
    this.#run = run
    this.#group = connectGroup(dataCentre, { acceptExpired: true })
  }

  close(): void {
    disconnectGroup(this.#group)
  }

  /** The rotation goes on although the data centre is not healthy, because certificates have expired. */
  get areRepaired(): boolean {
    return this.#areRepaired
  }

  async renewRedis(renewed: readonly string[]): Promise<void> {
    for (const { name, host, holder } of await this.#expiredFirst('redis', renewed)) {
      this.#run.enter('redis', `Making ${name} read its new certificate.`)
      await this.#reloadRedis(host).catch((cause: unknown) => {
        throw new Error(`${name}: ${reasonOf(cause)}`, { cause })
      })
      await this.#waitUntilServed(name, holder, redisAddress(host))
    }
  }

  /** From the paths that it has read before. Both in one command: one file without the other does not match. */
  async #reloadRedis(host: DataHost): Promise<void> {
    const { nodes } = this.#group
    const files = ['tls-cert-file', 'tls-key-file']
    const address = redisAddress(host)
    const [config] = await nodes.send(address, [['CONFIG', 'GET', ...files]], COMMAND_TIMEOUT_MS)
    const set = files.flatMap((name) => [name, readField(config, name)])
    await nodes.send(address, [['CONFIG', 'SET', ...set]], COMMAND_TIMEOUT_MS)
  }

  async renewSentinels(renewed: readonly string[]): Promise<void> {
    for (const { index, name, host, holder } of await this.#expiredFirst('sentinel', renewed)) {
      const address = sentinelAddress(host)
      if (await this.#isServed(holder, address)) continue
      this.#run.enter(
        'sentinels',
        `Restarting ${name} with its new certificate, while the others are a majority.`,
      )
      await this.waitUntilReady()
      await restartSentinel(this.#dataCentre, this.#group.sentinels, index)
      await this.#waitUntilServed(name, holder, address)
      await this.waitUntilReady()
    }
  }

  /** The data hosts with new certificates. Where one has expired its processes are missing, and every other is needed. */
  async #expiredFirst(kind: 'redis' | 'sentinel', renewed: readonly string[]) {
    const served = await servedCertificates(this.#dataCentre, this.#holders)
    const expired = new Set(served.flatMap(({ holder, daysLeft }) => (daysLeft < 0 ? [holder] : [])))
    return this.#group.topology.dataHosts
      .map((host, index) => {
        const holder = this.#holders.holderOf(kind, index)
        return { index, host, holder, name: processName(kind, index, host) }
      })
      .filter(({ holder }) => renewed.includes(holder))
      .sort((a, b) => Number(expired.has(b.holder)) - Number(expired.has(a.holder)))
  }

  async renewTunnels(renewed: readonly string[]): Promise<void> {
    for (const { name, addresses, reload } of this.#holders.tunnels) {
      if (!renewed.includes(name)) continue
      this.#run.enter('tunnels', `Making ${name} read its new certificate.`)
      await reload()
      for (const address of addresses) await this.#waitUntilServed(name, name, address)
      await this.waitUntilReady()
    }
  }

  /** With the certificate that this operation uses from now on. */
  async prove(): Promise<void> {
    this.#run.enter('prove', 'Connecting to every process again.')
    const tls = this.#dataCentre.tls === null ? null : await this.#tlsOf(this.#holders.operator)
    const fresh = connectGroup({ ...this.#dataCentre, tls })
    try {
      const why = await whyUnreachable(fresh)
      if (why !== null) throw new Error(`Not every process accepts the new certificates. ${why}`)
    } finally {
      disconnectGroup(fresh)
    }
  }

  async #waitUntilServed(name: string, holder: string, address: NodeAddress): Promise<void> {
    const what = `${name} to serve its new certificate at ${formatAddress(address)}`
    await this.#run.waitFor(what, SERVED_MS, async () =>
      (await this.#isServed(holder, address)) ? null : this.#holders.remedy,
    )
  }

  async #isServed(holder: string, address: NodeAddress): Promise<boolean> {
    const isTunnel = this.#holders.tunnels.length > 0
    const tls = await this.#tlsOf(isTunnel ? holder : this.#holders.operator)
    const served = await servedFingerprint(address, tls, {
      timeoutMs: COMMAND_TIMEOUT_MS,
      ...(isTunnel ? { name: holder } : {}),
    }).catch(() => null)
    return served !== null && served === this.#journal.fingerprintOf(holder)
  }

  async #tlsOf(holder: string): Promise<TlsOptions> {
    const { certificates } = this.#holders
    const found = await certificates.find(holder)
    if (found === null) {
      throw new ClusterError(
        'CERTIFICATE_UNREADABLE',
        `There is no certificate "${holder}" with its key in ${certificates.path}.`,
      )
    }
    return { ca: found.authority, cert: found.certificate, key: found.key }
  }

  waitUntilRepaired(): Promise<void> {
    return this.#run.waitFor('a healthy data centre', RECONNECT_MS, () => whyNotRotatable(this.#group))
  }

  /** Until the data centre is healthy, or would be except for expired certificates that are still served. */
  waitUntilReady(limitMs = this.#areRepaired ? RECONNECT_MS : SETTLE_MS): Promise<void> {
    return this.#run.waitFor('a healthy data centre', limitMs, async () => {
      const why = await whyNotRotatable(this.#group)
      if (why === null) return null
      const served = await servedCertificates(this.#dataCentre, this.#holders)
      if (served.every(({ daysLeft }) => daysLeft >= 0)) return why
      this.#areRepaired = true
      // Nothing behind an expired tunnel can be asked, and its reload ends no connection.
      if (this.#holders.tunnels.length > 0) return null
      return whyNotRepairable(this.#group)
    })
  }
}
