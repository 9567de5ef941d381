import { type Unsupported, UnsupportedServerError } from '../errors.ts'
import { parseWhole, textOf } from '../network-text.ts'

/** Before 7.0, Redis does not give clients the information that the safety rules need. Valkey started at 7.2. */
const MIN_MAJOR = 7

/**
 * Servers that use the Redis protocol and identify themselves, but do not replicate and confirm as Redis does, by a
 * field of `INFO server`.
 */
const OTHER_PRODUCTS: Readonly<Record<string, string>> = {
  dragonfly_version: 'Dragonfly',
  garnet_version: 'Garnet',
  kvrocks_version: 'Kvrocks',
  keydb_version: 'KeyDB',
  pika_version: 'Pika',
  rlec_version: 'Redis Enterprise behind its proxy',
}

/**
 * Returns the error for a server that cannot keep the promises, by its reply to `INFO server`, or null. Pure.
 * INV-TOKENS-53.
 */
export function unsupportedNode(at: string, info: string): UnsupportedServerError | null {
  const fields = new Map(
    info.split(/\r?\n/).map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1)] as const
    }),
  )
  const product = Object.entries(OTHER_PRODUCTS).find(([field]) => fields.has(field))
  if (product !== undefined) {
    return refuse('product', `${at} is ${product[1]}. Use Redis 7.0 or later, or Valkey.`)
  }
  return (
    oldVersion(at, fields.get('redis_version') ?? '') ??
    // Valkey has its own name for it.
    wrongMode(at, fields.get('server_mode') ?? fields.get('redis_mode') ?? '', 'standalone')
  )
}

/** Returns the same error by the reply to `HELLO`, which every user may run. Pure. */
export function unsupportedByHello(
  at: string,
  hello: unknown,
  wanted: 'standalone' | 'sentinel',
): UnsupportedServerError | null {
  const field = (name: string) =>
    typeof hello === 'object' && hello !== null && Object.hasOwn(hello, name)
      ? textOf(Reflect.get(hello, name))
      : ''
  return oldVersion(at, field('version')) ?? wrongMode(at, field('mode'), wanted)
}

/** The error for a server that refused the first command of every connection. Pure. */
export const withoutHello = (at: string): UnsupportedServerError =>
  refuse(
    'protocol',
    `${at} does not know HELLO: it is older than Redis 6.0, or a proxy. Connect to Redis 7.0 or later, or Valkey, itself.`,
  )

/** The error for a single Redis that is a replica of another. Pure. */
export const isReplica = (at: string, primary: string | null): UnsupportedServerError =>
  refuse(
    'replica',
    `${at} is a replica${primary === null ? '' : ` of ${primary}`}: it takes no writes. Name the primary as \`standalone\`, or the Sentinels that know it as \`sentinels\`.`,
  )

/** The error for a command that acknowledgements need, and that this user or this server does not have. Pure. */
export const withoutCommand = (at: string, command: string, why: string): UnsupportedServerError =>
  refuse(
    'command',
    `${at} refused ${command} (${why}): no login could be acknowledged. Give the user the rights that docs/hosts.md names, or use a Redis that has the command.`,
  )

function oldVersion(at: string, version: string): UnsupportedServerError | null {
  const major = parseWhole(version.split('.', 1)[0])
  if (major !== null && major >= MIN_MAJOR) return null
  return refuse(
    'version',
    major === null
      ? `${at} does not say which version of Redis it is. Use Redis 7.0 or later, or Valkey.`
      : `${at} is Redis ${version}, and Holdfast needs 7.0 or later, or Valkey. Upgrade it.`,
  )
}

function wrongMode(
  at: string,
  mode: string,
  wanted: 'standalone' | 'sentinel',
): UnsupportedServerError | null {
  if (mode === wanted) return null
  if (mode === 'cluster') {
    return refuse(
      'cluster',
      `${at} is a node of a Redis Cluster, which holds only some of the keys. Use one primary and its replicas, with \`cluster-enabled no\`, watched by Sentinels.`,
    )
  }
  return mode === 'sentinel'
    ? refuse('mode', `${at} is a Sentinel, not a Redis. Name it in \`sentinels\`.`)
    : refuse(
        'mode',
        wanted === 'sentinel'
          ? `${at} is a Redis, not a Sentinel. Name Sentinels in \`sentinels\`, or one Redis as \`standalone\`.`
          : `${at} runs in the mode "${mode}". Use Redis 7.0 or later, or Valkey, in the mode "standalone".`,
      )
}

const refuse = (reason: Unsupported, message: string) => new UnsupportedServerError(message, reason)
