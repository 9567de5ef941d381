import { z } from 'zod'
import { ROTATION_LIMITS } from '../secrets/limits.ts'
import { ENGINES, TRANSPORTS } from './choices.ts'
import { PROXY_READS, PROXY_SETTINGS, PROXY_USER } from './proxy-settings.ts'
import { APPENDFSYNC, MAXMEMORY_POLICIES, REDIS_SETTINGS, SERVICES } from './site.ts'

const text = (description: string) =>
  z.string({ error: 'must be text' }).min(1, { error: 'must not be empty' }).describe(description)

const wholeNumber = (min: number, max: number, description: string) => {
  const error = `must be a whole number from ${min} to ${max}`
  return z.int({ error }).min(min, { error }).max(max, { error }).describe(description)
}

/** At most ten years. */
const days = (description: string) => wholeNumber(1, 3650, description)

const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words, description: string) =>
  z.enum(words, { error: `must be one of ${words.join(', ')}` }).describe(description)

/** An object with exactly these keys. shape-findings.ts reports missing and unknown keys. */
const object = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: ({ code }) => (code === 'invalid_type' ? 'must be a map of keys and values' : undefined),
  })

const list = <Item extends z.ZodType>(item: Item) => z.array(item, { error: 'must be a list' })

const host = object({
  name: text('1 to 63 of a-z, 0-9 and "-". Also a name in the certificate of the host.'),
  address: text(
    'The IPv4 or IPv6 address at which other hosts reach this host. Not a host name: Sentinel takes a name and its address for two hosts.',
  ),
  names: list(text('A DNS name.')).default([]).describe('Additional DNS names in its certificate.'),
  tunnelAddress: text(
    'With the transport wireguard: its address inside the tunnel. With stunnel: the loopback address that stands for this host on every host (chosen automatically if absent).',
  ).exactOptional(),
  replicaPriority: wholeNumber(
    0,
    1_000_000,
    'Sentinel promotes the lowest priority first, and never promotes 0. Recommended: absent on every host, so that Sentinel promotes the replica with the most data. Default 100.',
  ).exactOptional(),
  runs: list(oneOf(SERVICES, 'A service.'))
    .min(1, { error: 'must name at least one service' })
    .describe(
      'The services of this host. List mongodb and rabbitmq too: the rules check what runs beside Redis. operator: this host has the file and the secrets, may reach every host, and rotates passwords by a timer. proxy: a Redis proxy for unmodified clients on this host.',
    ),
})

const secrets = z
  .union([
    z.literal('credentials', { error: 'must be {file: FOLDER}, {environment: PREFIX} or credentials' }),
    object({
      file: text(
        'A folder that only its owner can enter, relative to this file. Holdfast creates secrets.json in it.',
      ),
    }),
    object({
      environment: text('The prefix of environment variables: DC1 for DC1_ADMIN, DC1_REPLICA, ...'),
    }),
  ])
  .describe(
    'The place that keeps the secrets of this data centre. Never the secrets themselves. `credentials`: a systemd credential.',
  )

/** The words of Redis's ACL rules. The rules check what they allow. */
const proxyUser = object({
  keys: list(text('A pattern of keys, such as sess:*.'))
    .min(1, { error: 'must name at least one pattern' })
    .default([...PROXY_USER.keys])
    .describe(
      'Patterns of the keys that the user may read and write. Default: every key, except those of Holdfast (hf:).',
    ),
  channels: list(text('A pattern of channels, such as news:*.'))
    .default([...PROXY_USER.channels])
    .describe('Patterns of the channels that the user may publish and subscribe to. Default: none.'),
  commands: list(text('A command or a category with + or -, such as +get or -@dangerous.'))
    .min(1, { error: 'must name at least one command' })
    .default([...PROXY_USER.commands])
    .describe(
      'Commands and categories as in ACL rules of Redis, in their order. Default: +@all, -@admin, -@dangerous.',
    ),
})

/** A port of a proxy at the address of its host, and who may connect. */
const proxyPort = (port: string, from: string) =>
  object({
    port: wholeNumber(1, 65_535, port),
    from: list(text('An IPv4 or IPv6 address.'))
      .min(1, { error: 'must name at least one address' })
      .describe(from),
  })

const dataCentre = object({
  primaryName: text('The name under which the Sentinels monitor the primary.').default('mymaster'),
  secrets,
  quorum: wholeNumber(
    1,
    15,
    'How many Sentinels must agree that the primary is down. Default: a majority.',
  ).exactOptional(),
  hosts: list(host)
    .min(1, { error: 'must name at least one host' })
    .max(200, { error: 'must be at most 200 hosts' })
    .describe('The hosts of this data centre. The first that runs redis starts as the primary.'),
})

const timings = z
  .union([
    z.literal(['fast', 'reference'], {
      error: 'must be fast, reference or {downAfterMs, failoverTimeoutMs}',
    }),
    object({
      downAfterMs: wholeNumber(
        1,
        600_000,
        'How long a node must be silent before a Sentinel marks it as down (in milliseconds).',
      ),
      failoverTimeoutMs: wholeNumber(
        1,
        3_600_000,
        'The failover-timeout of Sentinel (in milliseconds). Sentinel retries a failed failover after twice this time.',
      ),
    }),
  ])
  .describe(
    'fast: down after 1.5 s, failover-timeout 6 s. reference: 10 s and 30 s, as in the document Shared Token Redis.',
  )

/** The form of `holdfast.yaml`. An unknown key is an error, so that a misspelled key is not silently ignored. */
export const siteSchema = object({
  version: z.literal(1, { error: 'must be 1' }).describe('The version of this file format: 1.'),
  engine: oneOf(ENGINES, 'The engine that stores the tokens.'),
  profile: oneOf(
    ['hardened', 'as-documented'],
    'hardened: the configuration that Holdfast recommends. as-documented: exactly the configuration that the document Shared Token Redis prints.',
  ).default('hardened'),
  transport: oneOf(TRANSPORTS, 'The protection of traffic between hosts.').default('tls'),
  plainBecause: text(
    'The reason why tokens may travel unencrypted. Required with the transport plain.',
  ).exactOptional(),
  timings: timings.default('fast'),
  clients: object({
    retryBudgetMs: wholeNumber(
      1,
      3_600_000,
      'How long a client retries before it gives up (in milliseconds). A failover must take less time.',
    ),
  })
    .describe('The behaviour of the Redis client in your applications.')
    .exactOptional(),
  redis: object({
    maxmemoryMb: wholeNumber(1, 1_048_576, 'Memory for the data (in MiB). Default 256.').default(
      REDIS_SETTINGS.maxmemoryMb,
    ),
    maxmemoryPolicy: oneOf(
      MAXMEMORY_POLICIES,
      'What Redis does when its memory is full. Every policy except noeviction evicts sessions and revocations.',
    ).default(REDIS_SETTINGS.maxmemoryPolicy),
    backlogMb: wholeNumber(
      1,
      1_048_576,
      'How much of the latest writes Redis keeps for a replica that reconnects (in MiB). Default 64.',
    ).default(REDIS_SETTINGS.backlogMb),
    replicaBufferMb: wholeNumber(
      1,
      1_048_576,
      'How much output may be pending for one replica before Redis drops its connection (in MiB). Default 256.',
    ).default(REDIS_SETTINGS.replicaBufferMb),
    appendfsync: oneOf(
      APPENDFSYNC,
      'When Redis writes to its disk. everysec: a power cut of all hosts at once loses about the last second. always: nothing is lost, but each write waits for the disk. Default everysec.',
    ).default(REDIS_SETTINGS.appendfsync),
  })
    .describe('Settings of every Redis.')
    .exactOptional(),
  gateway: z
    .record(z.string(), z.unknown(), { error: 'must be a map of keys and values' })
    .describe(
      'Settings of every gateway, as in its configuration file: identities, access, oauth, audit, metrics, admin, limits, trustedProxies, ... Keep passwords in files, and name those files here.',
    )
    .exactOptional(),
  proxy: object({
    listen: text(
      'Loopback address and port at which clients of the host connect. Default 127.0.0.1:6380.',
    ).default(PROXY_SETTINGS.listen),
    sentinelListen: text(
      'Loopback address and port for clients that ask Sentinels for the primary: the answer is the proxy. none: no such port. Default 127.0.0.1:26380.',
    ).default(PROXY_SETTINGS.sentinelListen),
    reads: oneOf(
      PROXY_READS,
      'leased: during a failover, an answer may be one second old. confirmed: a read is as strict as a write, and slower. Default leased.',
    ).default(PROXY_SETTINGS.reads),
    holdMs: wholeNumber(
      100,
      600_000,
      'How long a command waits for the end of a failover (in milliseconds). Then its answer is the error UNAVAILABLE. Default 30000.',
    ).default(PROXY_SETTINGS.holdMs),
    users: z
      .record(z.string(), proxyUser, { error: 'must be a map from name to rights' })
      .default({})
      .describe(
        'The Redis users that clients log in as, by name. Holdfast makes their passwords, which are in redis-clients/NAME.env of each host with a proxy.',
      ),
    metrics: proxyPort(
      'Port for /metrics, /healthz and /readyz at the address of the host, such as 9122.',
      'Addresses of the monitors. The firewall drops packets of all others.',
    )
      .describe('A port of each proxy for monitors on other hosts. Default: none.')
      .exactOptional(),
    tls: proxyPort(
      'Port for clients on other hosts at the address of the host, such as 6390. They use TLS and trust the authority of the data centre.',
      'Addresses of these clients. The firewall drops packets of all others.',
    )
      .describe('A port of each proxy for clients on other hosts, with TLS. Default: none.')
      .exactOptional(),
  })
    .describe('Settings of every Redis proxy (docs/proxy.md).')
    .exactOptional(),
  rotation: object({
    usersDays: days(
      'Maximum age of the passwords of Redis and Sentinel users (in days). Default 90.',
    ).default(ROTATION_LIMITS.usersDays),
    keyringDays: days('Maximum age of the current key in the key ring (in days). Default 90.').default(
      ROTATION_LIMITS.keyringDays,
    ),
    certificateDaysLeft: wholeNumber(
      1,
      398,
      'Minimum number of days for which a certificate must remain valid (it lasts at most 398). Default 30.',
    ).default(ROTATION_LIMITS.certificateDaysLeft),
  })
    .describe('When secrets are due for rotation. `holdfast status` and `holdfast doctor` report it.')
    .exactOptional(),
  dataCentres: z
    .record(z.string(), dataCentre, { error: 'must be a map from name to data centre' })
    .refine((map) => Object.keys(map).length > 0, { error: 'must name at least one data centre' })
    .describe(
      'Data centres by name. They share nothing: each has its own Redis, Sentinels, secrets and certificate authority.',
    ),
})

export type SiteValues = z.output<typeof siteSchema>

/** The JSON Schema of `holdfast.yaml` (draft 2020-12), with which editors complete and explain the keys. */
export function siteJsonSchema(): Record<string, unknown> {
  return { title: 'holdfast.yaml', ...z.toJSONSchema(siteSchema, { io: 'input' }) }
}
