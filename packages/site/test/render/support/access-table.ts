import { FIXED_SECRETS } from '@holdfast/testing/local/fixed-secrets'
import { platformPassword } from '../../../src/render/derived-secrets.ts'
import type { Command } from './server-commands.ts'

/** The commands, keys and channels that one ACL user needs: written by hand from the purpose of the user. */
export interface UserAccess {
  name: string
  password: string
  /** The commands that it needs, by purpose. */
  needs: Record<string, string> | ((command: Command) => boolean)
  /** Keys that it may access, and keys that it must not access. */
  keys: Names
  /** The same for channels to which it publishes, and for those to which it subscribes. */
  publishes: Names
  hears: Names
}

interface Names {
  own: string[]
  foreign: string[]
}

/** Redis allows these commands to every connected client. */
const ALWAYS = 'auth hello quit reset'

export const mayRun = ({ needs }: UserAccess, command: Command): boolean =>
  ALWAYS.split(' ').includes(command.name) ||
  (typeof needs === 'function'
    ? needs(command)
    : Object.values(needs)
        .flatMap((names) => names.split(' '))
        .some((name) => command.name === name || command.name.startsWith(`${name}|`)))

const HELLO = '__sentinel__:hello'
const HOLDFAST_KEYS = ['hf:mark', 'hf:{a1b}:t:x', 'hf:', 'hf:x']
const OTHER_KEYS = ['a', 'h', 'hf', 'h:f', 'hg:x', 'HF:x', ' hf:x', 'bull:jobs:id', '_x']
const HOLDFAST_CHANNELS = ['hf:feed', 'hf:fence', 'hf:beat:01']
const OTHER_CHANNELS = ['a', 'h', 'hf', 'HF:feed', 'bull:jobs', HELLO.toUpperCase()]
const INTERNAL_CHANNELS = [HELLO, '__keyspace@0__:a', '__redis__:invalidate']
const ALL_CHANNELS = [...HOLDFAST_CHANNELS, ...OTHER_CHANNELS, ...INTERNAL_CHANNELS]
const ALL_KEYS = [...HOLDFAST_KEYS, ...OTHER_KEYS]

const all = (own: string[]): Names => ({ own, foreign: [] })
const none = (foreign: string[]): Names => ({ own: [], foreign })
const only = (own: string[], every: string[]): Names => ({
  own,
  foreign: every.filter((name) => !own.includes(name)),
})
const everything = { keys: all(ALL_KEYS), publishes: all(ALL_CHANNELS), hears: all(ALL_CHANNELS) }
const nothing = { keys: none(ALL_KEYS), publishes: none(ALL_CHANNELS), hears: none(ALL_CHANNELS) }

export const REDIS_ACCESS: UserAccess[] = [
  { name: 'admin', password: FIXED_SECRETS.admin, needs: () => true, ...everything },
  {
    name: 'replica',
    password: FIXED_SECRETS.replica,
    needs: { 'follows its primary': 'ping replconf psync' },
    ...nothing,
  },
  {
    name: 'sentinel',
    password: FIXED_SECRETS.sentinel,
    needs: {
      'reads the state of a Redis': 'ping info role',
      'announces itself to the other Sentinels': 'publish subscribe',
      'names its connection for operators': 'client|setname',
      'repoints a Redis permanently': 'multi slaveof config|rewrite client|kill exec',
      'ends a script that blocks a Redis': 'script|kill',
    },
    keys: none(ALL_KEYS),
    publishes: only([HELLO], ALL_CHANNELS),
    hears: only([HELLO], ALL_CHANNELS),
  },
  {
    name: 'metrics',
    password: FIXED_SECRETS.metrics,
    needs: {
      // oliver006/redis_exporter with --config-command=- : CONFIG GET would show the replicas' password.
      'connects as redis_exporter does': 'ping client|setname',
      'reads figures': 'info client|list slowlog|len slowlog|get latency|latest latency|histogram',
    },
    ...nothing,
  },
  {
    name: 'app',
    password: FIXED_SECRETS.app,
    needs: {
      'connects, and looks up the primary': 'ping info client|setname',
      'reads records and the group id': 'get mget',
      'merges records by its script': 'script|load evalsha get set',
      'keeps the sessions of a subject': 'zadd zrange persist',
      'removes expired records': 'scan del zremrangebyscore persist',
      'waits for replicas': 'wait',
      'publishes and receives stored records': 'publish subscribe',
    },
    keys: only(HOLDFAST_KEYS, ALL_KEYS),
    publishes: only(HOLDFAST_CHANNELS, ALL_CHANNELS),
    // The library reads epochs from this channel. By publishing there, a client could give the group another primary.
    hears: only([...HOLDFAST_CHANNELS, HELLO], ALL_CHANNELS),
  },
  {
    name: 'platform',
    password: platformPassword(FIXED_SECRETS),
    // Itential lists the commands that its user does not need ("User accounts in dependencies"). The rest is data,
    // except for the commands that Redis assigns to operators.
    needs: ({ name, categories }) =>
      ['info', 'role'].includes(name) ||
      !(
        /^(asking|cluster\|.*|readonly|readwrite)$/.test(name) ||
        categories.includes('@admin') ||
        categories.includes('@dangerous')
      ),
    keys: only(OTHER_KEYS, ALL_KEYS),
    publishes: only(
      OTHER_CHANNELS.filter((name) => !name.startsWith('_')),
      ALL_CHANNELS,
    ),
    // Bull subscribes to patterns, which Redis allows only with all channels. Records in the feed are encrypted.
    hears: all(ALL_CHANNELS),
  },
]

/** The events that tell the library that the primary or the members may change. */
const EVENTS = [
  ...['+sdown', '+odown', '+new-epoch', '+try-failover', '+promoted-slave', '+switch-master', '+slave'],
  ...['+sentinel', '+sentinel-address-switch', '+reset-master'],
]
const SENTINEL_CHANNELS = [...EVENTS, '-sdown', '+tilt', HELLO, 'hf:feed', 'a']

export const SENTINEL_ACCESS: UserAccess[] = [
  {
    name: 'admin',
    password: FIXED_SECRETS.sentinelAdmin,
    needs: () => true,
    keys: none([]),
    publishes: all(SENTINEL_CHANNELS),
    hears: all(SENTINEL_CHANNELS),
  },
  {
    name: 'peer',
    password: FIXED_SECRETS.peer,
    needs: {
      'checks that a Sentinel is up': 'ping client|setname',
      'announces itself': 'publish',
      'asks for its state of the primary, and for its vote': 'sentinel|is-master-down-by-addr',
    },
    keys: none([]),
    publishes: only([HELLO], SENTINEL_CHANNELS),
    hears: none([]),
  },
  {
    name: 'app',
    password: FIXED_SECRETS.sentinelApp,
    needs: {
      connects: 'ping client|setname',
      'looks up the primary and the members of the group':
        'sentinel|master sentinel|get-master-addr-by-name sentinel|replicas sentinel|sentinels sentinel|myid',
      'receives events': 'subscribe',
    },
    keys: none([]),
    publishes: none([]),
    hears: only(EVENTS, SENTINEL_CHANNELS),
  },
  {
    name: 'platform',
    password: platformPassword(FIXED_SECRETS),
    needs: {
      'connects as the clients for Node, Java, Python and Go do':
        'ping role info command client|getname client|id client|setname',
      'looks up the primary and the members of the group':
        'sentinel|master sentinel|masters sentinel|get-master-addr-by-name sentinel|replicas sentinel|slaves sentinel|sentinels sentinel|myid',
      'receives events': 'subscribe psubscribe unsubscribe punsubscribe',
    },
    keys: none([]),
    publishes: none([]),
    hears: all(SENTINEL_CHANNELS),
  },
]
