import { parseAddress } from '@holdfast/tokens/address'

/** Settings of every Redis proxy of a site. */
export interface ProxySettings {
  /** Where clients connect: a loopback address with a port. */
  listen: string
  /** Where clients connect that ask Sentinels for the primary. `none`: nowhere. */
  sentinelListen: string
  reads: ProxyReads
  /** How long a command waits for the end of a failover (in milliseconds). */
  holdMs: number
  /** The Redis users that clients of the proxies log in as, by name. */
  users: Record<string, ProxyUser>
  /** The metrics of each proxy, for monitors on other hosts. */
  metrics?: ProxyPort
  /** Clients on other hosts, with TLS. */
  tls?: ProxyPort
}

/** A port of each proxy at the address of its host, for other hosts. */
export interface ProxyPort {
  port: number
  /** The addresses that may connect. The firewall drops all others. */
  from: string[]
}

type ProxyReads = (typeof PROXY_READS)[number]

/** `leased`: an answer may be up to one second old. `confirmed`: a read is as strict as a write. */
export const PROXY_READS = ['leased', 'confirmed'] as const

/** The rights of one Redis user, in the words of Redis's ACL rules. */
export interface ProxyUser {
  /** Patterns of keys. */
  keys: string[]
  /** Patterns of channels. */
  channels: string[]
  /** Commands and categories, each with `+` or `-`, in the order in which Redis applies them. */
  commands: string[]
}

/** Patterns that match every name, except those that begin with `hf:`. A pattern of Redis can negate only one character. */
export const NAMES_OF_OTHERS = ['[^h]*', 'h', 'h[^f]*', 'hf', 'hf[^:]*'] as const

/** The rights of a user for which the file names none: all data except that of Holdfast, and no channel. */
export const PROXY_USER: ProxyUser = {
  keys: [...NAMES_OF_OTHERS],
  channels: [],
  commands: ['+@all', '-@admin', '-@dangerous'],
}

/** The default settings of a proxy. */
export const PROXY_SETTINGS: ProxySettings = {
  listen: '127.0.0.1:6380',
  sentinelListen: '127.0.0.1:26380',
  reads: 'leased',
  holdMs: 30_000,
  users: {},
}

export const NO_SENTINEL_PORT = 'none'

/** Users that every data centre has for other purposes. */
export const RESERVED_USERS: readonly string[] = [
  ...['default', 'admin', 'replica', 'sentinel', 'metrics', 'app', 'peer', 'platform'],
]

/** The settings of the proxies of a site. */
export const proxySettings = ({ proxy = PROXY_SETTINGS }: { proxy?: ProxySettings }): ProxySettings => proxy

/** Where a proxy listens. Null: nowhere, or the text is not an address with a port. */
export function proxyAddresses(settings: ProxySettings) {
  const { listen, sentinelListen } = settings
  return {
    clients: parseAddress(listen),
    sentinelClients: sentinelListen === NO_SENTINEL_PORT ? null : parseAddress(sentinelListen),
  }
}
