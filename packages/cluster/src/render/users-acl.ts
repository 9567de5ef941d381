import { createHash } from 'node:crypto'
import { REDIS_ACL_RULES, SENTINEL_ACL_RULES } from '@holdfast/tokens/redis'
import type { Secrets } from '../secrets/secrets.ts'
import type { Engine } from '../site/site.ts'
import { platformPassword } from './derived-secrets.ts'
import { type Directive, line } from './directive.ts'
import { type Document, textOf } from './document.ts'
import { knows, REFERENCE_ENGINE, type Since } from './engine.ts'
import { bare } from './formats.ts'
import { SOURCE } from './sources.ts'

/** `users.acl` of each Redis of a local data centre. */
export const renderUsersAcl = (secrets: Secrets, engine = REFERENCE_ENGINE): string =>
  textOf(usersAcl(secrets, engine, false))

/** The users of each Sentinel of a local data centre, as lines of its `sentinel.conf`. */
export const renderSentinelUsers = (secrets: Secrets, engine = REFERENCE_ENGINE): string =>
  sentinelUsersText(secrets, engine, false)

/** The same of any data centre. */
export const sentinelUsersText = (secrets: Secrets, engine: Engine, servesPlatform: boolean): string =>
  textOf({
    heading: '',
    format: bare,
    blocks: [{ title: '', directives: sentinelUsers(secrets, engine, servesPlatform) }],
  })

/** Rules that an older engine aborts on, because it does not know the command. */
const NEWER: readonly { user: string; rules: string; since: Since }[] = [
  // A switchover: Valkey 9's sentinel.c pauses the primary's clients and sends FAILOVER itself.
  { user: 'sentinel', rules: '+failover +client|pause +client|unpause', since: { valkey: '9.0' } },
  { user: 'peer', rules: '+sentinel|is-primary-down-by-addr', since: { valkey: '8.0' } },
  // Sent by newer clients of others when they connect. Redis 7.0 aborts its start on it (FACT-43).
  { user: 'platform', rules: '+client|setinfo', since: { redis: '7.2', valkey: '8.0' } },
]

/** What Redis' patterns match but for what begins with `hf:`. They cannot say "not" of more than one character. */
const notOfHoldfast = (sign: '~' | '&', first: string) =>
  [first, 'h', 'h[^f]*', 'hf', 'hf[^:]*'].map((pattern) => `${sign}${pattern}`).join(' ')

/**
 * What Itential grants its user (its page "User accounts in dependencies"), without what Redis calls an operator's. It
 * publishes under another rule than it listens: Bull, which it uses, subscribes to patterns, and a pattern is let in
 * only by the same pattern or by all channels. Channels that begin with `_` are those of Redis and Sentinel.
 */
const PLATFORM_RULES =
  `${notOfHoldfast('~', '[^h]*')} &* +@all -@admin -@dangerous +info +role -asking -cluster -readonly -readwrite ` +
  `-publish (${notOfHoldfast('&', '[^_h]*')} +publish)`

/** `users.acl` of each Redis: one user a purpose, each with what it needs. Passwords only as SHA-256. */
export function usersAcl(secrets: Secrets, engine: Engine, servesPlatform: boolean): Document {
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
              'Nobody is let in without a name. Yet it has every right: Redis loads its append-only file as this ' +
              'user, and without them it leaves out what a script wrote together, which is every login and log-out.',
            source: `redis/redis#14541, valkey-io/valkey#3983; ${SOURCE.measured}`,
          },
          user('admin', secrets.admin, '~* &* +@all', 'Holdfast itself, and whoever operates it.'),
          user('replica', secrets.replica, '-@all +psync +replconf +ping', 'A replica at its primary.'),
          user(
            'sentinel',
            secrets.sentinel,
            'resetchannels &__sentinel__:hello -@all +multi +slaveof +ping +exec +subscribe +config|rewrite ' +
              '+role +publish +info +client|setname +client|kill +script|kill',
            'What a Sentinel sends, and nothing else: no denial was seen over a failover.',
          ),
          user(
            'metrics',
            secrets.metrics,
            '-@all +ping +info +client|list +client|setname +slowlog|len +slowlog|get +latency|latest +latency|histogram',
            'Monitoring reads figures, never a key, nor the configuration: CONFIG GET shows masterauth in clear, ' +
              'with which one may copy everything.',
          ),
          user('app', secrets.app, REDIS_ACL_RULES, 'What the library sends, on its own keys and channels.'),
          ...(servesPlatform
            ? [
                user(
                  'platform',
                  platformPassword(secrets),
                  PLATFORM_RULES,
                  "An application of others that keeps its own tokens here: all but the operators' commands, on all " +
                    "but Holdfast's keys. It may listen to any channel, but a forged hello to the Sentinels would " +
                    'give the group another primary.',
                ),
              ]
            : []),
        ],
      },
    ],
  }
}

/** The users of each Sentinel, as lines of `sentinel.conf`. */
export function sentinelUsers(secrets: Secrets, engine: Engine, servesPlatform: boolean): Directive[] {
  const user = userOf(engine)
  return [
    {
      directive: 'user default',
      value: 'off',
      why: 'Nobody is let in without a name.',
      source: SOURCE.redisAcl,
    },
    user('admin', secrets.sentinelAdmin, '~* &* +@all', 'Holdfast itself, and whoever operates it.'),
    user(
      'peer',
      secrets.peer,
      'resetchannels &__sentinel__:hello -@all +ping +publish +sentinel|is-master-down-by-addr +client|setname',
      'What one Sentinel asks another.',
    ),
    user('app', secrets.sentinelApp, SENTINEL_ACL_RULES, 'Questions and events, no orders.'),
    ...(servesPlatform
      ? [
          user(
            'platform',
            platformPassword(secrets),
            '&* -@all +auth +hello +ping +role +info +command +client|getname +client|id +client|setname ' +
              '+subscribe +psubscribe +unsubscribe +punsubscribe +sentinel|get-master-addr-by-name ' +
              '+sentinel|master +sentinel|myid +sentinel|replicas +sentinel|slaves +sentinel|sentinels',
            'What the Sentinel clients of others ask.',
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
