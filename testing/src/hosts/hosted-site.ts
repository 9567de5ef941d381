import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadSite } from '@holdfast/site/check/check-site'
import type { DataCentre, Host, Site } from '@holdfast/site/file/site'
import { dataHosts, tokenAddress, tokenHosts } from '@holdfast/site/render/placement'
import { type RenderedFile, renderSite } from '@holdfast/site/render/render-site'
import { loadSecrets } from '@holdfast/site/secrets/load'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import { TestAuthority } from '@holdfast/testing'
import { eventually } from '../local/data-centre.ts'
import { placeCertificate, tlsArgs } from './certificates.ts'
import { Namespaces } from './namespaces.ts'
import { RenderedGroup } from './rendered-group.ts'
import { Tunnels } from './tunnels.ts'

/** The command `holdfast`: as it is built for the tests, or from its sources outside of them. */
export const HOLDFAST = [
  process.execPath,
  process.env['HOLDFAST_MAIN'] ??
    fileURLToPath(new URL('../../../packages/cli/src/main.ts', import.meta.url)),
]

/** The data centres of a `holdfast.yaml` on hosts of a test, from the text to running processes. Needs root. */
export class HostedSite {
  readonly namespaces: Namespaces
  readonly #tunnels: Tunnels
  readonly #dataCentres: HostedDataCentre[] = []

  private constructor(namespaces: Namespaces) {
    this.namespaces = namespaces
    this.#tunnels = new Tunnels(namespaces)
  }

  /** Renders the text as `holdfast render` does, creates the hosts and installs the files. Starts no process. */
  static async place(text: string, folder: string, prefix: string): Promise<HostedSite> {
    const file = join(folder, 'holdfast.yaml')
    await writeFile(file, text)
    const site = await loadSite(file)
    const secrets = new Map<DataCentre, Secrets>()
    for (const dataCentre of site.dataCentres) {
      secrets.set(dataCentre, await loadSecrets(dataCentre.secrets, folder, { createFor: dataCentre.name }))
    }
    const secretsOf = (dataCentre: DataCentre) => present(secrets.get(dataCentre))
    const files = renderSite(site, secretsOf)
    const hosted = new HostedSite(await Namespaces.create(prefix))
    for (const dataCentre of site.dataCentres) {
      for (const { name, address } of dataCentre.hosts) await hosted.namespaces.addHost(name, address)
      const parts = { site, dataCentre, secrets: secretsOf(dataCentre), files, folder }
      hosted.#dataCentres.push(await HostedDataCentre.place(parts, hosted.namespaces, hosted.#tunnels))
    }
    return hosted
  }

  find(dataCentre: string): HostedDataCentre {
    return present(this.#dataCentres.find((hosted) => hosted.dataCentre.name === dataCentre))
  }

  /** The recent output of every process. */
  get said(): string {
    return this.#dataCentres.map(({ group }) => group.processes.allOutput).join('\n')
  }

  async remove(): Promise<void> {
    for (const { group } of this.#dataCentres) await group.processes.killAll()
    await this.#tunnels.remove()
    await this.namespaces.remove()
  }
}

interface Parts {
  site: Site
  dataCentre: DataCentre
  secrets: Secrets
  files: RenderedFile[]
  folder: string
}

/** One data centre of a {@link HostedSite}. */
export class HostedDataCentre {
  readonly dataCentre: DataCentre
  readonly secrets: Secrets
  readonly group: RenderedGroup
  readonly #site: Site
  readonly #namespaces: Namespaces
  readonly #tunnels: Tunnels

  private constructor(parts: Parts, group: RenderedGroup, namespaces: Namespaces, tunnels: Tunnels) {
    this.dataCentre = parts.dataCentre
    this.secrets = parts.secrets
    this.#site = parts.site
    this.group = group
    this.#namespaces = namespaces
    this.#tunnels = tunnels
  }

  static async place(parts: Parts, namespaces: Namespaces, tunnels: Tunnels): Promise<HostedDataCentre> {
    const { site, dataCentre, secrets, files, folder } = parts
    const data = dataHosts(dataCentre)
    const group = await RenderedGroup.place({
      files,
      folder,
      hosts: data.map((host) => ({ name: host.name, address: tokenAddress(site, host) })),
      others: dataCentre.hosts.filter((host) => !data.includes(host)).map(({ name }) => name),
      on: namespaces.on,
      cliArgs: (placed, service) => [
        ...(site.transport === 'tls' ? tlsArgs(placed) : []),
        ...['--user', 'admin', '--pass', service === 'redis' ? secrets.admin : secrets.sentinelAdmin],
      ],
    })
    return new HostedDataCentre(parts, group, namespaces, tunnels)
  }

  get dataHosts(): Host[] {
    return dataHosts(this.dataCentre)
  }

  /** The address that the Redis and Sentinel of a host announce. */
  tokenAddress(host: Host): string {
    return tokenAddress(this.#site, host)
  }

  /**
   * Starts the services of the data hosts, with firewalls and tunnels, and waits until all nodes agree. `isGuarded`:
   * also starts the guards, which decide how each Redis starts.
   */
  async bringUp({ isGuarded = false } = {}): Promise<void> {
    await this.#placeCertificates()
    for (const { name } of this.dataHosts) await this.loadFirewall(name)
    for (const host of tokenHosts(this.dataCentre)) await this.#openTunnel(host)
    for (const { name } of this.dataHosts) this.group.startSentinel(name)
    const starting = this.dataHosts.map(({ name }) =>
      isGuarded ? this.startGuarded(name) : this.group.startRedis(name),
    )
    for (const { name } of this.dataHosts) {
      const config = this.group.pathOn(name, '/etc/holdfast/host.json')
      this.group.startOn(name, 'watchdog', [...HOLDFAST, 'watchdog', '--config', config])
    }
    await Promise.all(starting)
    const first = present(this.dataHosts[0])
    const primary = this.tokenAddress(first)
    await this.group.agreesOn(first.name, primary, this.dataHosts.length - 1, 60_000)
    // The watchdog on the host of the primary has written it.
    await eventually(async () => {
      const mark = await this.group.ask(first.name, primary, 'redis', ['GET', 'hf:mark'])
      if (mark !== `${this.secrets.mark}\n`) throw new Error('The primary does not have the group id.')
    }, 60_000)
  }

  /** Starts the Redis of a host as its unit does: the guard waits until it may start, and decides its role. */
  async startGuarded(host: string): Promise<string> {
    const config = this.group.pathOn(host, '/etc/holdfast/host.json')
    const state = this.group.pathOn(host, '/var/lib/holdfast/redis')
    const startFile = join(state, 'start.env')
    await this.#namespaces.run(host, [...HOLDFAST, 'guard', '--config', config, '--write', startFile])
    const start = (await readFile(startFile, 'utf8')).trim().replace('HOLDFAST_START=', '')
    const command = ['redis-server', join(state, 'redis.conf'), ...start.split(' ')]
    this.group.startOn(host, 'redis', command)
    return start
  }

  loadFirewall(host: string): Promise<string> {
    return this.#namespaces.run(host, ['nft', '-f', this.group.pathOn(host, '/etc/holdfast/nftables.conf')])
  }

  async #placeCertificates(): Promise<void> {
    if (this.#site.transport !== 'tls' && this.#site.transport !== 'stunnel') return
    const authority = await TestAuthority.create(this.dataCentre.name)
    for (const host of tokenHosts(this.dataCentre)) {
      const folder = this.group.pathOn(host.name, '/etc/holdfast/tls')
      await placeCertificate(authority, host, folder)
    }
  }

  async #openTunnel(host: Host): Promise<void> {
    if (this.#site.transport === 'stunnel') {
      const config = this.group.pathOn(host.name, '/etc/holdfast/stunnel.conf')
      this.group.startOn(host.name, 'stunnel', ['stunnel', config])
    }
    if (this.#site.transport === 'wireguard') {
      await this.#tunnels.start(this.group, host.name, this.tokenAddress(host))
    }
  }
}

export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('A required value is missing.')
  return value
}
