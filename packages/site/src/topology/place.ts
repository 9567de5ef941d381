import { isIP } from 'node:net'
import { InvalidOptionError } from '@holdfast/tokens'
import { formatAddress, type NodeAddress, parseAddress } from '@holdfast/tokens/redis'
import {
  type DataCentre,
  type Engine,
  type Host,
  REFERENCE_ENGINE,
  type Service,
  type Site,
} from '../file/site.ts'
import { type LocalAddresses, type LocalPlan, proxySentinelAddress } from './local-plan.ts'
import {
  DEFAULT_NAME,
  LOCAL_TRANSPORTS,
  type LocalTransport,
  MAX_TUNNELLED,
  PORT,
  redisAddress,
  sentinelAddress,
  TIMINGS,
  type TimingsName,
} from './topology.ts'

/** Where the processes of one data centre listen on this machine. */
interface AddressOptions {
  /** The first three numbers of every address. Default is `127.0.1`. */
  network?: string
  /** The IP addresses of the three data hosts. Default is `.11`, `.12`, `.13` of the network. */
  hosts?: string[]
  /** 1 to 16 gateways as `address` or `address:port`. The default port is 8080. Default is `.21` and up, of the network. */
  gateways?: string[]
  /** The balancer as `address` or `address:port`. The default port is 8080. Default is `.1` of the network. */
  balancer?: string
  /** The Redis proxy as `address` or `address:port`. The default port is 6380. Default is `.2` of the network. */
  proxy?: string
}

export interface DefaultPlanOptions extends AddressOptions {
  /** 1 to 32 of `a-z`, `0-9`, `-`. Default is `dc1`. */
  name?: string
  /** `fast` (default) or `reference`. */
  timings?: string
  /** `plain` (default), `tls` or `stunnel`. */
  transport?: string
}

interface SitePlanOptions {
  /** The first three numbers of the first data centre's addresses. Each further one gets the next network. Default is `127.0.1`. */
  network?: string
  /** The transport to use instead of the site's. */
  transport?: string
  /** The engine that is installed on this machine. Default is the site's. */
  engine?: Engine
}

const DEFAULT_NETWORK = '127.0.1'
const MAX_GATEWAYS = 16
const DEFAULT_GATEWAYS = 4
/** The last numbers of the addresses of the balancer, the proxy, the first data host and the first gateway. */
const FIRST = { balancer: 1, proxy: 2, data: 11, gateway: 21 } as const

/**
 * Maps the data centres of a site to this machine. Each host of Redis becomes a loopback address, and each host of an
 * application or a gateway becomes a gateway. Pure.
 *
 * Throws `INVALID_OPTION` for an unknown transport, and for a data centre that does not have three data hosts.
 * INV-LOCAL-10.
 */
export function plansOfSite(
  site: Site,
  { network = DEFAULT_NETWORK, transport = site.transport, engine = site.engine }: SitePlanOptions = {},
): LocalPlan[] {
  const here = { ...site, engine, transport: checkTransport(transport) }
  return here.dataCentres.map((dataCentre, index) =>
    placed(here, dataCentre, { network: nextNetwork(network, index) }),
  )
}

/** The plan of `holdfast up` without a file: a default site that follows a user's options. Pure. Throws `INVALID_OPTION`. */
export function defaultPlan(options: DefaultPlanOptions = {}): LocalPlan {
  const { network = DEFAULT_NETWORK, gateways } = options
  const count = gateways?.length ?? DEFAULT_GATEWAYS
  const dataCentre: DataCentre = {
    name: options.name ?? DEFAULT_NAME,
    primaryName: 'mymaster',
    hosts: [
      ...[1, 2, 3].map((n) => hostOf(`data-${n}`, network, FIRST.data + n - 1, ['redis', 'sentinel'])),
      ...Array.from({ length: count }, (_, index) =>
        hostOf(`gateway-${index + 1}`, network, FIRST.gateway + index, ['gateway']),
      ),
      hostOf('balancer', network, FIRST.balancer, ['balancer']),
    ],
    // The state folder.
    secrets: { kind: 'file', path: '.' },
  }
  const site: Site = {
    engine: REFERENCE_ENGINE,
    profile: 'hardened',
    transport: checkTransport(options.transport ?? 'plain'),
    plainBecause: 'All processes run on one machine.',
    timings: TIMINGS[checkTimings(options.timings ?? 'fast')],
    dataCentres: [dataCentre],
  }
  return placed(site, dataCentre, options)
}

const hostOf = (name: string, network: string, last: number, runs: Service[]): Host => ({
  name,
  address: `${network}.${last}`,
  names: [],
  tunnelAddress: null,
  runs,
})

/** Chooses and checks the addresses of one data centre. */
function placed(site: Site, dataCentre: DataCentre, options: AddressOptions): LocalPlan {
  const { name, hosts } = dataCentre
  if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(name)) {
    throw new InvalidOptionError(
      `\`name\` must be 1 to 32 characters of a-z, 0-9 and "-", and must begin with a letter or digit, got "${name}".`,
    )
  }
  const stores = countOf(hosts, ['redis', 'sentinel'])
  if (stores !== 3) {
    throw new InvalidOptionError(
      `${name} has ${stores} hosts for Redis and Sentinel. \`holdfast up\` runs data centres with three.`,
    )
  }
  const network = checkNetwork(options.network ?? DEFAULT_NETWORK)
  const from = (first: number, count: number) =>
    Array.from({ length: count }, (_, index) => `${network}.${first + index}`)
  const data = options.hosts ?? from(FIRST.data, stores)
  if (data.length !== 3) {
    throw new InvalidOptionError(
      `\`hosts\` must be three addresses (each runs one Redis and one Sentinel), got ${data.length}: "${data.join(',')}".`,
    )
  }
  const served = Math.max(1, countOf(hosts, ['application', 'gateway']))
  const gateways = options.gateways ?? from(FIRST.gateway, served)
  if (gateways.length < 1 || gateways.length > MAX_GATEWAYS) {
    throw new InvalidOptionError(
      `\`gateways\` must be 1 to ${MAX_GATEWAYS} addresses, got ${gateways.length}.`,
    )
  }
  const addresses: LocalAddresses = {
    dataHosts: data.map((host) => ({
      host: checkIp(host, 'hosts'),
      redisPort: PORT.redis,
      sentinelPort: PORT.sentinel,
    })),
    gateways: gateways.map((text) => checkAddress(text, 'gateways')),
    balancer: checkAddress(options.balancer ?? `${network}.${FIRST.balancer}`, 'balancer'),
    proxy: checkAddress(options.proxy ?? `${network}.${FIRST.proxy}`, 'proxy', PORT.proxy),
  }
  checkDistinct(addresses)
  if (site.transport === 'stunnel') checkTunnelled(addresses)
  return { site, dataCentre, addresses }
}

const countOf = (hosts: readonly Host[], services: readonly Service[]): number =>
  hosts.filter(({ runs }) => runs.some((service) => services.includes(service))).length

/** The network of the data centre with this index: 127.0.1, 127.0.2 and so on. */
function nextNetwork(network: string, index: number): string {
  const numbers = network.split('.')
  const last = Number(numbers.pop()) + index
  return [...numbers, last].join('.')
}

function checkNetwork(network: string): string {
  if (isIP(`${network}.1`) !== 4) {
    throw new InvalidOptionError(
      `\`network\` must be the first three numbers of an IPv4 network such as "127.0.1", got "${network}".`,
    )
  }
  return network
}

function checkTimings(name: string): TimingsName {
  if (name === 'fast' || name === 'reference') return name
  throw new InvalidOptionError(`\`timings\` must be "fast" or "reference", got "${name}".`)
}

/**
 * The transport on this machine. Traffic between two addresses of one machine never enters a WireGuard tunnel, so loopback
 * stands for the inside of the tunnel, where traffic is not encrypted.
 */
function checkTransport(asked: string): LocalTransport {
  if (asked === 'wireguard') return 'plain'
  const known = LOCAL_TRANSPORTS.find((transport) => transport === asked)
  if (known !== undefined) return known
  throw new InvalidOptionError(`\`transport\` must be one of ${LOCAL_TRANSPORTS.join(', ')}, got "${asked}".`)
}

/** Only addresses are allowed: to Sentinel, two spellings of one host name are two hosts. */
function checkIp(host: string, option: string): string {
  if (isIP(host) !== 4) {
    throw new InvalidOptionError(`\`${option}\` must hold IPv4 addresses such as 127.0.1.11, got "${host}".`)
  }
  return host
}

function checkAddress(text: string, option: string, defaultPort: number = PORT.http): NodeAddress {
  const address = parseAddress(text, defaultPort)
  if (address === null || address.port === 0) {
    throw new InvalidOptionError(
      `\`${option}\` must be an address or address:port (port 1 to 65535), got "${text}".`,
    )
  }
  return { ...address, host: checkIp(address.host, option) }
}

function checkTunnelled({ dataHosts }: LocalAddresses): void {
  const beyond = dataHosts.find(({ host }) => Number(host.split('.').at(-1)) > MAX_TUNNELLED)
  if (beyond === undefined) return
  throw new InvalidOptionError(
    `\`hosts\` must end in at most ${MAX_TUNNELLED} with the transport stunnel, which also uses the addresses 100 and 200 higher, got "${beyond.host}".`,
  )
}

function checkDistinct(addresses: LocalAddresses): void {
  const { dataHosts, gateways, balancer, proxy } = addresses
  const taken = new Set<string>()
  for (const address of [
    ...dataHosts.map(redisAddress),
    ...dataHosts.map(sentinelAddress),
    ...gateways,
    balancer,
    proxy,
    proxySentinelAddress(addresses),
  ]) {
    const text = formatAddress(address)
    if (taken.has(text)) {
      throw new InvalidOptionError(
        `${text} is planned for two processes. Give each its own address or port with \`hosts\`, \`gateways\`, \`balancer\` and \`proxy\`.`,
      )
    }
    taken.add(text)
  }
}
