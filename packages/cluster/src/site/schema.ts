import { z } from 'zod'
import { ROTATION_LIMITS } from '../secrets/limits.ts'
import { ENGINES, TRANSPORTS } from './choices.ts'
import { APPENDFSYNC, MAXMEMORY_POLICIES, REDIS_SETTINGS, SERVICES } from './site.ts'

const text = (description: string) =>
  z.string({ error: 'must be text' }).min(1, { error: 'must not be empty' }).describe(description)

const wholeNumber = (least: number, most: number, description: string) => {
  const error = `must be a whole number from ${least} to ${most}`
  return z.int({ error }).min(least, { error }).max(most, { error }).describe(description)
}

/** More than ten years is no limit. */
const days = (description: string) => wholeNumber(1, 3650, description)

const word = <const Words extends readonly [string, ...string[]]>(words: Words, description: string) =>
  z.enum(words, { error: `must be one of ${words.join(', ')}` }).describe(description)

/** An object of exactly these keys. Which key is missing or unknown is told by shape-findings.ts. */
const object = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: ({ code }) => (code === 'invalid_type' ? 'must be a map of keys and values' : undefined),
  })

const list = <Item extends z.ZodType>(item: Item) => z.array(item, { error: 'must be a list' })

const host = object({
  name: text('1 to 63 of a-z, 0-9 and "-". It is also a name in the certificate of the host.'),
  address: text(
    'IPv4 or IPv6 address at which the others reach it. No host name: Sentinel takes a name and its address for two hosts.',
  ),
  names: list(text('A DNS name.')).default([]).describe('Further DNS names in its certificate.'),
  tunnelAddress: text(
    'With the transport wireguard: its address inside the tunnel. With stunnel, if you must choose it: the loopback address that stands for it.',
  ).exactOptional(),
  replicaPriority: wholeNumber(
    0,
    1_000_000,
    'Sentinel promotes the lowest first, and never 0. Leave it out: equal priorities promote the replica with the most data. Default 100.',
  ).exactOptional(),
  runs: list(word(SERVICES, 'A service.'))
    .min(1, { error: 'must name at least one service' })
    .describe(
      "What runs on it, also what is not Holdfast's: mongodb and rabbitmq beside Redis matter. operator: has this file and the secrets, may reach all, and rotates passwords by a timer.",
    ),
})

const secrets = z
  .union([
    z.literal('credentials', { error: 'must be {file: FOLDER}, {environment: PREFIX} or credentials' }),
    object({
      file: text(
        'A folder that only its owner may enter; Holdfast makes secrets.json in it. Relative to this file.',
      ),
    }),
    object({
      environment: text('The prefix of variables of the environment: DC1 for DC1_ADMIN, DC1_REPLICA, ...'),
    }),
  ])
  .describe(
    'Where the secrets of this data centre are. Never the secrets themselves. `credentials`: as systemd hands them over.',
  )

const dataCentre = object({
  primaryName: text('The name under which the Sentinels watch the primary.').default('mymaster'),
  secrets,
  quorum: wholeNumber(
    1,
    15,
    'Sentinels that must agree that the primary is down. Leave it out: a majority of them.',
  ).exactOptional(),
  hosts: list(host)
    .min(1, { error: 'must name at least one host' })
    .max(200, { error: 'must be at most 200 hosts' })
    .describe('Its machines. The first that runs redis begins as the primary.'),
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
        'How long a node must be silent until a Sentinel holds it to be down (in milliseconds).',
      ),
      failoverTimeoutMs: wholeNumber(
        1,
        3_600_000,
        "Sentinel's failover-timeout (in milliseconds): a failover that failed is tried again after twice that.",
      ),
    }),
  ])
  .describe(
    'fast: down after 1.5 s, failover-timeout 6 s. reference: 10 s and 30 s, as in the document Shared Token Redis.',
  )

/** The form of `holdfast.yaml`. Unknown keys are mistakes: a misspelt one must not pass in silence. */
export const siteSchema = object({
  version: z.literal(1, { error: 'must be 1' }).describe('The version of this form: 1.'),
  engine: word(ENGINES, 'What runs as the token store.'),
  profile: word(
    ['hardened', 'as-documented'],
    'hardened: what Holdfast recommends. as-documented: what the document Shared Token Redis prints, and no more.',
  ).default('hardened'),
  transport: word(TRANSPORTS, 'What protects the traffic between hosts.').default('tls'),
  plainBecause: text(
    'Why tokens may travel unencrypted. Asked for with the transport plain.',
  ).exactOptional(),
  timings: timings.default('fast'),
  clients: object({
    retryBudgetMs: wholeNumber(
      1,
      3_600_000,
      'For how long a client tries again before it gives up for good (in milliseconds). A failover must fit into it.',
    ),
  })
    .describe('How the Redis client of your applications behaves.')
    .exactOptional(),
  redis: object({
    maxmemoryMb: wholeNumber(1, 1_048_576, 'Memory for the data (in MiB). Default 256.').default(
      REDIS_SETTINGS.maxmemoryMb,
    ),
    maxmemoryPolicy: word(
      MAXMEMORY_POLICIES,
      'What Redis does when memory is full. Anything but noeviction forgets sessions and revocations.',
    ).default(REDIS_SETTINGS.maxmemoryPolicy),
    backlogMb: wholeNumber(
      1,
      1_048_576,
      'How much of the latest writes is kept for a replica that was away (in MiB). Default 64.',
    ).default(REDIS_SETTINGS.backlogMb),
    replicaBufferMb: wholeNumber(
      1,
      1_048_576,
      'How much may wait for one replica until its connection is dropped (in MiB). Default 256.',
    ).default(REDIS_SETTINGS.replicaBufferMb),
    appendfsync: word(
      APPENDFSYNC,
      'When Redis writes to its disk. everysec: a power cut of all hosts at once loses about the last second. always: it loses nothing, and each write waits for the disk. Default everysec.',
    ).default(REDIS_SETTINGS.appendfsync),
  })
    .describe('Settings of every Redis.')
    .exactOptional(),
  gateway: z
    .record(z.string(), z.unknown(), { error: 'must be a map of keys and values' })
    .describe(
      'Settings of every gateway, as in its configuration file: identities, access, oauth, audit, metrics, admin, limits, trustedProxies, ... Passwords go into files that the settings name.',
    )
    .exactOptional(),
  rotation: object({
    usersDays: days(
      'How old the passwords of users of Redis and Sentinel may become (in days). Default 90.',
    ).default(ROTATION_LIMITS.usersDays),
    keyringDays: days('How old the current key of the key ring may become (in days). Default 90.').default(
      ROTATION_LIMITS.keyringDays,
    ),
    certificateDaysLeft: wholeNumber(
      1,
      398,
      'How many days a certificate must last yet (it lasts 398 at most). Default 30.',
    ).default(ROTATION_LIMITS.certificateDaysLeft),
  })
    .describe('When secrets are due for a rotation: `holdfast status` and `holdfast doctor` say so.')
    .exactOptional(),
  dataCentres: z
    .record(z.string(), dataCentre, { error: 'must be a map from name to data centre' })
    .refine((map) => Object.keys(map).length > 0, { error: 'must name at least one data centre' })
    .describe(
      'Data centres by name. They share nothing: each has its own Redis, Sentinels, secrets and authority.',
    ),
})

export type SiteValues = z.output<typeof siteSchema>
