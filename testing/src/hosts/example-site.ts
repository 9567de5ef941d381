import { PROXY_SETTINGS, PROXY_USER, type ProxySettings } from '@holdfast/site/file/proxy-settings'
import type { DataCentre, Engine, Host, Service, Site } from '@holdfast/site/file/site'
import { type CertificateOf, type RenderedFile, renderSite } from '@holdfast/site/render/render-site'
import { TIMINGS } from '@holdfast/site/topology/topology'
import { FIXED_SECRETS } from '../local/fixed-secrets.ts'

/** A site of one data centre: three hosts with data, an application, a gateway and a balancer. */
export function exampleSite(more: Partial<Site> = {}): Site {
  return {
    engine: { name: 'redis', version: '7.0' },
    profile: 'hardened',
    transport: 'tls',
    plainBecause: null,
    timings: TIMINGS.reference,
    dataCentres: [
      {
        name: 'dc1',
        primaryName: 'mymaster',
        secrets: { kind: 'file', path: '/etc/holdfast/secrets' },
        hosts: [
          exampleHost('dc1-data-1', 11, ['redis', 'sentinel']),
          exampleHost('dc1-data-2', 12, ['redis', 'sentinel']),
          exampleHost('dc1-data-3', 13, ['redis', 'sentinel']),
          exampleHost('dc1-app-1', 21, ['application']),
          exampleHost('dc1-gateway-1', 31, ['gateway']),
          exampleHost('dc1-balancer', 41, ['balancer']),
        ],
      },
    ],
    ...more,
  }
}

export const exampleHost = (name: string, last: number, runs: Service[], more: Partial<Host> = {}): Host => ({
  name,
  address: `10.20.0.${last}`,
  names: [],
  tunnelAddress: null,
  runs,
  ...more,
})

/** The same site with the `fast` timings and hosts at addresses of this machine, in a network such as `127.0.61`. */
export function exampleOn(network: string, more: Partial<Site> = {}): Site {
  const site = exampleSite({ timings: TIMINGS.fast, ...more })
  return {
    ...site,
    dataCentres: site.dataCentres.map((dataCentre) => ({
      ...dataCentre,
      hosts: dataCentre.hosts.map((host) => ({ ...host, address: host.address.replace('10.20.0', network) })),
    })),
  }
}

/** The same site in a WireGuard tunnel, 10.99.0.x. */
export function tunnelledSite(): Site {
  const site = exampleSite({ transport: 'wireguard' })
  const inTunnel = (host: Host) => ({ ...host, tunnelAddress: host.address.replace('10.20.', '10.99.') })
  return {
    ...site,
    dataCentres: site.dataCentres.map((dataCentre: DataCentre) => ({
      ...dataCentre,
      hosts: dataCentre.hosts.map(inTunnel),
    })),
  }
}

/** The same site with an operator host. */
export function operatedSite(more: Partial<Site> = {}): Site {
  const site = exampleSite(more)
  return {
    ...site,
    dataCentres: site.dataCentres.map((dataCentre) => ({
      ...dataCentre,
      hosts: [...dataCentre.hosts, exampleHost('dc1-operator', 51, ['operator'])],
    })),
  }
}

/** The same site with a proxy beside the application, and another host with a proxy for other clients. */
export function proxiedSite(proxy: Partial<ProxySettings> = {}, more: Partial<Site> = {}): Site {
  const site = exampleSite(more)
  const users = {
    web: PROXY_USER,
    jobs: { keys: ['bull:*'], channels: ['bull:*'], commands: ['+@all', '-@dangerous', '-@admin'] },
  }
  return {
    ...site,
    proxy: {
      ...PROXY_SETTINGS,
      users,
      metrics: { port: 9122, from: ['10.20.0.90'] },
      tls: { port: 6390, from: ['10.20.0.71', 'fd00::71'] },
      ...proxy,
    },
    dataCentres: site.dataCentres.map((dataCentre) => ({
      ...dataCentre,
      hosts: [
        ...dataCentre.hosts.map((host) =>
          host.name === 'dc1-app-1' ? { ...host, runs: [...host.runs, 'proxy' as const] } : host,
        ),
        exampleHost('dc1-php-1', 61, ['proxy']),
      ],
    })),
  }
}

/** Every engine for which Holdfast renders. */
export const ENGINES: readonly Engine[] = [
  { name: 'redis', version: '7.0' },
  { name: 'redis', version: '7.2' },
  { name: 'redis', version: '7.4' },
  { name: 'redis', version: '8.0' },
  { name: 'valkey', version: '8.0' },
  { name: 'valkey', version: '9.0' },
]

export const renderExample = (site: Site, certificateOf?: CertificateOf): RenderedFile[] =>
  renderSite(site, () => FIXED_SECRETS, certificateOf)

/** Returns the text of one file, by host and name. */
export function textIn(files: readonly RenderedFile[], host: string, name: string): string {
  const found = files.find((file) => file.path === `dc1/${host}/${name}`)
  if (found === undefined) throw new Error(`The file ${name} of ${host} was not rendered.`)
  return found.text
}

/** The three data hosts, in a network such as `10.20.0`. */
export const dataHostsOf = (network: string) =>
  [1, 2, 3].map((number) => ({ name: `dc1-data-${number}`, address: `${network}.1${number}` }))

/** The arguments with which `redis-cli` logs in as the operator. */
export const asAdmin = (service: 'redis' | 'sentinel') => [
  ...['--user', 'admin', '--pass'],
  service === 'redis' ? FIXED_SECRETS.admin : FIXED_SECRETS.sentinelAdmin,
]
