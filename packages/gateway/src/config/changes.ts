import type { GatewayConfig } from './schema.ts'

/** How the configuration in use differs from the one in its file: names of keys, without values. */
export interface Changes {
  /** Keys that a running gateway can apply. */
  live: string[]
  /** Keys that need a restart. */
  restart: string[]
}

/** Keys that a running gateway can apply, with everything below them. */
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
 * A removed user name, password or TLS section would need new connections without authentication or encryption. An audit
 * log can move to another file, but not to standard output.
 */
const NOT_REMOVED: ReadonlySet<string> = new Set<LiveKey>([
  'store.username',
  'store.password',
  'store.sentinelUsername',
  'store.sentinelPassword',
  'store.tls',
  'audit.file',
])

/** An audit log on standard output cannot move to a file. */
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
    // A section that is added or removed also adds or removes routes or a listener.
    parentOf(inUse, key) !== undefined &&
    parentOf(next, key) !== undefined &&
    !(NOT_REMOVED.has(key) && valueAt(next, key) === undefined) &&
    !(NOT_ADDED.has(key) && valueAt(inUse, key) === undefined)
  return {
    live: [...differing].filter(isLive),
    restart: [...differing].filter((key) => !isLive(key)),
  }
}

/** Returns the configuration in use with the `live` keys of the next one. Pure. INV-GATEWAY-30. */
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

/** Maps every value by its key, such as `store.tls.caFile`. */
function flat(value: unknown, key = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return new Map([[key, JSON.stringify(value, withSets)]])
  }
  const entries = Object.entries(value).flatMap(([name, part]) => [
    ...flat(part, key ? `${key}.${name}` : name),
  ])
  return new Map(entries)
}

/** `JSON.stringify` writes a set as `{}`; the methods of an access rule are a set. */
const withSets = (_key: string, value: unknown) => (value instanceof Set ? [...value].sort() : value)

const nameOf = (key: string) => key.slice(key.lastIndexOf('.') + 1)

/** The object that holds the key, or undefined when that section is missing. */
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
