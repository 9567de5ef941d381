import { platformPassword } from '../../../src/render/derived-secrets.ts'
import { FIXED_SECRETS } from '../../support/fixed-secrets.ts'
import type { Command } from './server-commands.ts'

/** What one ACL user must be able to do, and on what: written down here by hand, from what it is for. */
export interface UserAccess {
  name: string
  password: string
  /** Why it needs which commands. */
  needs: Record<string, string> | ((command: Command) => boolean)
  /** Keys that it works on, and keys that are none of its business. */
  keys: Names
  /** The same of channels on which it publishes, and of those to which it listens. */
  publishes: Names
  hears: Names
}

interface Names {
  own: string[]
  foreign: string[]
}

/** Whoever is connected may log in, as himself or another, and hang up: Redis asks no permission for these. */
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
      'sees how a Redis is': 'ping info role',
      'makes itself known to the other Sentinels': 'publish subscribe',
      'is known by a name to operators': 'client|setname',
      'gives a Redis another primary, for good': 'multi slaveof config|rewrite client|kill exec',
      'ends a script that holds a Redis up': 'script|kill',
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
      'connects, and asks who is primary': 'ping info client|setname',
      'reads records and the mark': 'get mget',
      'merges records by its script': 'script|load evalsha get set',
      'keeps the sessions of a subject': 'zadd zrange persist',
      'removes what has ended': 'scan del zremrangebyscore persist',
      'waits until replicas have it': 'wait',
      'tells and hears what is stored': 'publish subscribe',
    },
    keys: only(HOLDFAST_KEYS, ALL_KEYS),
    publishes: only(HOLDFAST_CHANNELS, ALL_CHANNELS),
    // The epochs of the Sentinels; to publish there would be to give the group another primary.
    hears: only([...HOLDFAST_CHANNELS, HELLO], ALL_CHANNELS),
  },
  {
    name: 'platform',
    password: platformPassword(FIXED_SECRETS),
    // Itential names what its user does without (“User accounts in dependencies”); the rest is data, and what
    // Redis itself calls an operator's is not.
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
    // Bull subscribes to patterns, which Redis lets in only with all channels. Records in the feed are sealed.
    hears: all(ALL_CHANNELS),
  },
]

/** What the library takes as a hint that the primary or the members may change. */
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
      'sees that a Sentinel is there': 'ping client|setname',
      'tells it of itself': 'publish',
      'asks for its opinion, and for its vote': 'sentinel|is-master-down-by-addr',
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
      'asks who is primary, and who belongs to the group':
        'sentinel|master sentinel|get-master-addr-by-name sentinel|replicas sentinel|sentinels sentinel|myid',
      'hears that something happens': 'subscribe',
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
      'asks who is primary, and who belongs to the group':
        'sentinel|master sentinel|get-master-addr-by-name sentinel|replicas sentinel|slaves sentinel|sentinels sentinel|myid',
      'hears that something happens': 'subscribe psubscribe unsubscribe punsubscribe',
    },
    keys: none([]),
    publishes: none([]),
    hears: all(SENTINEL_CHANNELS),
  },
]
