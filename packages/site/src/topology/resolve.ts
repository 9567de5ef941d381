import { isIP } from 'node:net'
import { InvalidOptionError } from '@holdfast/tokens'
import { formatAddress, type NodeAddress, parseAddress } from '@holdfast/tokens/redis'
import { ROTATION_LIMITS } from '../secrets/limits.ts'
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
  type Topology,
} from './topology.ts'

export interface TopologyOptions {
  /** 1 to 32 of `a-z`, `0-9`, `-`. Default is `dc1`. */
  name?: string
  /** The first three numbers of every address. Default is `127.0.1`. */
  network?: string
  /** `fast` (default) or `reference`. */
  timings?: string
  /** `plain` (default), `tls` or `stunnel`. */
  transport?: string
  /** The IP addresses of the three data hosts. Default is `.11`, `.12`, `.13` of the network. */
  hosts?: string[]
  /** 1 to 16 gateways as `address` or `address:port`. The default port is 8080. Default is `.21` to `.24` of the network. */
  gateways?: string[]
  /** The balancer as `address` or `address:port`. The default port is 8080. Default is `.1` of the network. */
  balancer?: string
}

const MAX_GATEWAYS = 16

/** Resolves and checks a user's options. Pure. Throws `INVALID_OPTION` with the option and its value. */
export function resolveTopology(options: TopologyOptions = {}): Topology {
  const name = options.name ?? DEFAULT_NAME
  if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(name)) {
    throw new InvalidOptionError(
      `\`name\` must be 1 to 32 characters of a-z, 0-9 and "-", and must begin with a letter or digit, got "${name}".`,
    )
  }
  const network = checkNetwork(options.network ?? '127.0.1')
  const hosts = options.hosts ?? [11, 12, 13].map((last) => `${network}.${last}`)
  if (hosts.length !== 3) {
    throw new InvalidOptionError(
      `\`hosts\` must be three addresses (each runs one Redis and one Sentinel), got ${hosts.length}: "${hosts.join(',')}".`,
    )
  }
  const gateways = options.gateways ?? [21, 22, 23, 24].map((last) => `${network}.${last}`)
  if (gateways.length < 1 || gateways.length > MAX_GATEWAYS) {
    throw new InvalidOptionError(
      `\`gateways\` must be 1 to ${MAX_GATEWAYS} addresses, got ${gateways.length}.`,
    )
  }
  const topology: Topology = {
    name,
    primaryName: 'mymaster',
    timings: TIMINGS[checkTimings(options.timings ?? 'fast')],
    transport: checkTransport(options.transport ?? 'plain'),
    dataHosts: hosts.map((host) => ({
      host: checkIp(host, 'hosts'),
      redisPort: PORT.redis,
      sentinelPort: PORT.sentinel,
    })),
    rotation: ROTATION_LIMITS,
    gateways: gateways.map((text) => checkAddress(text, 'gateways')),
    balancer: checkAddress(options.balancer ?? `${network}.1`, 'balancer'),
  }
  checkDistinct(topology)
  if (topology.transport === 'stunnel') checkTunnelled(topology)
  return topology
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

function checkTransport(asked: string): LocalTransport {
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

function checkAddress(text: string, option: string): NodeAddress {
  const address = parseAddress(text, PORT.http)
  if (address === null || address.port === 0) {
    throw new InvalidOptionError(
      `\`${option}\` must be an address or address:port (port 1 to 65535), got "${text}".`,
    )
  }
  return { ...address, host: checkIp(address.host, option) }
}

function checkTunnelled({ dataHosts }: Topology): void {
  const beyond = dataHosts.find(({ host }) => Number(host.split('.').at(-1)) > MAX_TUNNELLED)
  if (beyond === undefined) return
  throw new InvalidOptionError(
    `\`hosts\` must end in at most ${MAX_TUNNELLED} with the transport stunnel, which also uses the addresses 100 and 200 higher, got "${beyond.host}".`,
  )
}

function checkDistinct({ dataHosts, gateways, balancer }: Topology): void {
  const taken = new Set<string>()
  for (const address of [
    ...dataHosts.map(redisAddress),
    ...dataHosts.map(sentinelAddress),
    ...gateways,
    balancer,
  ]) {
    const text = formatAddress(address)
    if (taken.has(text)) {
      throw new InvalidOptionError(
        `${text} is planned for two processes. Give each its own address or port with \`hosts\`, \`gateways\` and \`balancer\`.`,
      )
    }
    taken.add(text)
  }
}
