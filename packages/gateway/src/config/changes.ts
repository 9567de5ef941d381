import type { GatewayConfig } from './schema.ts'

/** What differs between the configuration in use and the one that its file holds now: names of keys, no values. */
export interface Changes {
  /** What can be taken while the gateway runs. */
  live: string[]
  /** What only a restart takes. */
  restart: string[]
}

/** Keys that change without a restart, with all that is under them. */
const LIVE = [
  'revision',
  'renderedDigest',
  'store.username',
  'store.password',
  'store.sentinelUsername',
  'store.sentinelPassword',
  'store.keyring',
  'store.tls',
  'limits.headersTimeoutMs',
  'limits.requestTimeoutMs',
  'limits.keepAliveTimeoutMs',
  'limits.connections',
  'limits.drainMs',
  'access',
  'oauth.clients',
  'admin.administrators',
  'audit.file',
] as const

type LiveKey = (typeof LIVE)[number]

/**
 * To log in as nobody, or without encryption, is no renewal of a secret: connections would have to be made anew. An audit
 * log goes on in another file, but not among the lines of standard output.
 */
const NOT_REMOVED: ReadonlySet<string> = new Set<LiveKey>([
  'store.username',
  'store.password',
  'store.sentinelUsername',
  'store.sentinelPassword',
  'store.tls',
  'audit.file',
])

/** An audit log on standard output does not go on in a file. */
const NOT_ADDED: ReadonlySet<string> = new Set<LiveKey>(['audit.file'])

/** Compares two configurations. Pure. */
export function changesBetween(inUse: GatewayConfig, next: GatewayConfig): Changes {
  const [before, after] = [flat(inUse), flat(next)]
  const differing = new Set<string>()
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    if (before.get(key) !== after.get(key)) differing.add(LIVE.find((live) => isUnder(key, live)) ?? key)
  }
  const isLive = (key: string) =>
    LIVE.includes(key as LiveKey) &&
    // A section that comes or goes brings routes or a listener.
    parentOf(inUse, key) !== undefined &&
    parentOf(next, key) !== undefined &&
    !(NOT_REMOVED.has(key) && valueAt(next, key) === undefined) &&
    !(NOT_ADDED.has(key) && valueAt(inUse, key) === undefined)
  return {
    live: [...differing].filter(isLive),
    restart: [...differing].filter((key) => !isLive(key)),
  }
}

/** The configuration in use with what can be taken live of the next one. Pure. INV-GATEWAY-30. */
export function withLiveChanges(
  inUse: GatewayConfig,
  next: GatewayConfig,
  live: readonly string[],
): GatewayConfig {
  const result = structuredClone(inUse)
  for (const key of live) {
    const to = parentOf(result, key)
    const value = valueAt(next, key)
    if (to === undefined) continue
    if (value === undefined) delete to[nameOf(key)]
    else to[nameOf(key)] = structuredClone(value)
  }
  return result
}

export const isUnder = (key: string, parent: string) => key === parent || key.startsWith(`${parent}.`)

/** Every value by its key: `store.tls.caFile`. */
function flat(value: unknown, key = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return new Map([[key, JSON.stringify(value, withSets)]])
  }
  const entries = Object.entries(value).flatMap(([name, part]) => [
    ...flat(part, key ? `${key}.${name}` : name),
  ])
  return new Map(entries)
}

/** To JSON a set is an object without members: the methods of an access rule are one. */
const withSets = (_key: string, value: unknown) => (value instanceof Set ? [...value].sort() : value)

const nameOf = (key: string) => key.slice(key.lastIndexOf('.') + 1)

/** What holds the key; undefined when there is no such section. */
function parentOf(config: GatewayConfig, key: string): Record<string, unknown> | undefined {
  return key
    .split('.')
    .slice(0, -1)
    .reduce<Record<string, unknown> | undefined>(
      (parent, name) => parent?.[name] as Record<string, unknown> | undefined,
      config as unknown as Record<string, unknown>,
    )
}

const valueAt = (config: GatewayConfig, key: string): unknown => parentOf(config, key)?.[nameOf(key)]
