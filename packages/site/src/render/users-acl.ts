import { createHash } from 'node:crypto'
import { REDIS_ACL_RULES, SENTINEL_ACL_RULES } from '@holdfast/tokens/redis'
import { NAMES_OF_OTHERS, type ProxyUser } from '../file/proxy-settings.ts'
import {
  type DataCentre,
  type Engine,
  hostsThatRun,
  proxyUsers,
  REFERENCE_ENGINE,
  type Site,
} from '../file/site.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { platformPassword, proxyPassword } from './derived-secrets.ts'
import { type Directive, type Document, line, textOf } from './document.ts'
import { knows, type Since } from './engine.ts'
import { bare } from './formats.ts'
import { SOURCE } from './sources.ts'

/** Renders `users.acl` of each Redis of a local data centre. */
export const renderUsersAcl = (secrets: Secrets, engine = REFERENCE_ENGINE): string =>
  textOf(usersAcl(secrets, engine, LOCAL_CLIENTS))

/** Renders the users of each Sentinel of a local data centre, as lines of its `sentinel.conf`. */
export const renderSentinelUsers = (secrets: Secrets, engine = REFERENCE_ENGINE): string =>
  sentinelUsersText(secrets, engine, true)

/** The same for any data centre. */
export const sentinelUsersText = (secrets: Secrets, engine: Engine, servesPlatform: boolean): string =>
  textOf({
    heading: '',
    format: bare,
    blocks: [{ title: '', directives: sentinelUsers(secrets, engine, servesPlatform) }],
  })

/** The clients of a data centre that do not use the library. */
export interface OtherClients {
  /** Whether it serves Itential's platform, and whether a host connects it through a proxy. */
  platform: 'none' | 'direct' | 'through a proxy'
  /** The users of clients of the proxies, by name. */
  proxyUsers: Readonly<Record<string, ProxyUser>>
}

/** Clients of the proxy of a local data centre log in as the platform's user. */
const LOCAL_CLIENTS: OtherClients = { platform: 'through a proxy', proxyUsers: {} }

export function otherClients(site: Site, dataCentre: DataCentre): OtherClients {
  const applications = hostsThatRun(dataCentre, 'application')
  const isProxied = applications.some(({ runs }) => runs.includes('proxy'))
  const platform = applications.length === 0 ? 'none' : isProxied ? 'through a proxy' : 'direct'
  return { platform, proxyUsers: proxyUsers(site, dataCentre) }
}

/** ACL rules for commands that older engines do not have. An older engine does not start with them. */
const NEWER: readonly { user: string; rules: string; since: Since }[] = [
  // For a switchover, sentinel.c of Valkey 9 pauses the clients of the primary and sends FAILOVER itself.
  { user: 'sentinel', rules: '+failover +client|pause +client|unpause', since: { valkey: '9.0' } },
  { user: 'peer', rules: '+sentinel|is-primary-down-by-addr', since: { valkey: '8.0' } },
  // Newer versions of common clients send it when they connect. Redis 7.0 does not start with it (FACT-43).
  { user: 'platform', rules: '+client|setinfo', since: { redis: '7.2', valkey: '8.0' } },
]

/** Patterns for every name that does not begin with `hf:`, or with another character that `first` leaves out. */
const notOfHoldfast = (sign: '~' | '&', first: string = NAMES_OF_OTHERS[0]) =>
  [first, ...NAMES_OF_OTHERS.slice(1)].map((pattern) => `${sign}${pattern}`).join(' ')

/**
 * What the Redis proxy does as each user of its clients, besides their own commands: it reads the group id, and writes a
 * completion record with each batch. In a selector, so that the user can do nothing else with these keys.
 */
const PROXY_RECORDS = '(~hf:px:* %R~hf:mark resetchannels -@all +get +set +watch)'

/** It also looks which commands and which role the server has, sends each batch as a transaction, and waits for replicas. */
const PROXY_RULES = `+multi +exec +select +wait +info +command ${PROXY_RECORDS}`

/**
 * The rights that Itential grants its user (its page "User accounts in dependencies"), without the commands of
 * operators. It publishes under another rule than it subscribes: Bull, which the platform uses, subscribes to
 * patterns, and Redis allows a pattern only if the rule has the same pattern or all channels. Redis and Sentinel use
 * channels that begin with `_`.
 */
const PLATFORM_RULES =
  `${notOfHoldfast('~')} &* +@all -@admin -@dangerous +info +role -asking -cluster -readonly -readwrite ` +
  `-publish (${notOfHoldfast('&', '[^_h]*')} +publish)`

/** `users.acl` of each Redis: one user per purpose, each with the rights that it needs. Passwords only as SHA-256. */
export function usersAcl(secrets: Secrets, engine: Engine, { platform, proxyUsers }: OtherClients): Document {
  const user = userOf(engine)
  return {
    heading: '',
    format: bare,
    blocks: [
      {
        title: 'Users of Redis.',
        directives: [
          {
            directive: 'user default',
            value: 'off ~* &* +@all',
            why:
              'Clients must log in as a named user. But default needs every right: Redis loads its append-only file as ' +
              'this user, and without them it skips what a script wrote in one step, which is every login and logout.',
            source: `redis/redis#14541, valkey-io/valkey#3983; ${SOURCE.measured}`,
          },
          user('admin', secrets.admin, '~* &* +@all', 'Holdfast itself, and its operators.'),
          user('replica', secrets.replica, '-@all +psync +replconf +ping', 'A replica at its primary.'),
          user(
            'sentinel',
            secrets.sentinel,
            'resetchannels &__sentinel__:hello -@all +multi +slaveof +ping +exec +subscribe +config|rewrite ' +
              '+role +publish +info +client|setname +client|kill +script|kill',
            'The commands that a Sentinel sends, and no others. A failover caused no denied command.',
          ),
          user(
            'metrics',
            secrets.metrics,
            '-@all +ping +info +client|list +client|setname +slowlog|len +slowlog|get +latency|latest +latency|histogram',
            'Monitoring reads figures, but no keys and no configuration: CONFIG GET shows masterauth in clear text, ' +
              'and with it a client can copy all data.',
          ),
          user(
            'app',
            secrets.app,
            REDIS_ACL_RULES,
            'The commands of the library, on its own keys and channels.',
          ),
          ...(platform !== 'none'
            ? [
                user(
                  'platform',
                  platformPassword(secrets),
                  platform === 'direct' ? PLATFORM_RULES : `${PLATFORM_RULES} ${PROXY_RECORDS}`,
                  'An application that keeps its own tokens here: all commands except those of operators, on all keys ' +
                    'except those of Holdfast. It may subscribe to any channel, but must not publish to the channel ' +
                    'of the Sentinels: a forged hello would give the group another primary.',
                ),
              ]
            : []),
          ...Object.entries(proxyUsers).map(([name, rights]) =>
            user(
              name,
              proxyPassword(secrets, name),
              `${rightsOf(rights)} ${PROXY_RULES}`,
              'Clients of the proxies: the rights in `proxy.users` of holdfast.yaml, and what a proxy needs to ' +
                'do each write once.',
            ),
          ),
        ],
      },
    ],
  }
}

const rightsOf = ({ keys, channels, commands }: ProxyUser): string =>
  [
    ...keys.map((pattern) => `~${pattern}`),
    'resetchannels',
    ...channels.map((pattern) => `&${pattern}`),
    '-@all',
    ...commands,
  ].join(' ')

/** The users of each Sentinel, as lines of `sentinel.conf`. */
export function sentinelUsers(secrets: Secrets, engine: Engine, servesPlatform: boolean): Directive[] {
  const user = userOf(engine)
  return [
    {
      directive: 'user default',
      value: 'off',
      why: 'Clients must log in as a named user.',
      source: SOURCE.redisAcl,
    },
    user('admin', secrets.sentinelAdmin, '~* &* +@all', 'Holdfast itself, and its operators.'),
    user(
      'peer',
      secrets.peer,
      'resetchannels &__sentinel__:hello -@all +ping +publish +sentinel|is-master-down-by-addr +client|setname',
      'The commands that one Sentinel sends to another.',
    ),
    user('app', secrets.sentinelApp, SENTINEL_ACL_RULES, 'Queries and events, but no changes.'),
    ...(servesPlatform
      ? [
          user(
            'platform',
            platformPassword(secrets),
            '&* -@all +auth +hello +ping +role +info +command +client|getname +client|id +client|setname ' +
              '+subscribe +psubscribe +unsubscribe +punsubscribe +sentinel|get-master-addr-by-name ' +
              '+sentinel|master +sentinel|masters +sentinel|myid +sentinel|replicas +sentinel|slaves +sentinel|sentinels',
            'The commands that common Sentinel clients send.',
          ),
        ]
      : []),
  ]
}

const userOf = (engine: Engine) => (name: string, password: string, rules: string, why: string) => {
  const newer = NEWER.filter(({ user, since }) => user === name && knows(engine, since))
  const hash = createHash('sha256').update(password).digest('hex')
  const all = [rules, ...newer.map((more) => more.rules)].join(' ')
  return line(`user ${name}`, `on #${hash} ${all}`, why, `${SOURCE.redisAcl}; ${SOURCE.measured}`)
}
