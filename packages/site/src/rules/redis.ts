import { priorityOf, REDIS_SETTINGS } from '../file/site.ts'
import { dataCentrePath, hostsOf } from './hosts.ts'
import type { Rule } from './rule.ts'
import { EVICTION_DOCS, measured, REDIS_CONF, SENTINEL_DOCS } from './sources.ts'

/** When an engine reached its end of life. Engines that are not listed are not known to have reached it. */
const END_OF_LIFE: Readonly<Record<string, string>> = { 'redis 7.0': 'July 2024' }

/** Rules about the settings of Redis: memory, priorities, version and profile. */
export const redisRules: readonly Rule[] = [
  {
    id: 'backlog-fits-buffer',
    severity: 'error',
    summary: 'The replication backlog is not smaller than the output buffer of a replica.',
    why: 'A returning replica receives the backlog through its output buffer. If the backlog does not fit, the primary drops the connection, the replica reconnects, and this repeats: the replica never catches up.',
    fix: 'Set `replicaBufferMb` to a multiple of `backlogMb`, such as 256 and 64.',
    source: REDIS_CONF,
    *check({ redis = REDIS_SETTINGS }) {
      const { backlogMb, replicaBufferMb } = redis
      if (backlogMb < replicaBufferMb) return
      yield {
        path: ['redis', 'backlogMb'],
        message: `A backlog of ${backlogMb} MiB does not fit into a buffer of ${replicaBufferMb} MiB.`,
      }
    },
  },
  {
    id: 'memory-holds-backlog',
    severity: 'error',
    summary: 'The memory of Redis is less than twice its replication backlog.',
    why: 'The backlog counts as used memory. If it leaves no room for sessions, Redis rejects every login once the backlog is full.',
    fix: 'Raise `maxmemoryMb`, or lower `backlogMb`.',
    source: REDIS_CONF,
    *check({ redis = REDIS_SETTINGS }) {
      const { maxmemoryMb, backlogMb } = redis
      if (maxmemoryMb >= 2 * backlogMb) return
      yield {
        path: ['redis', 'maxmemoryMb'],
        message: `A backlog of ${backlogMb} MiB leaves too little of the ${maxmemoryMb} MiB for sessions.`,
      }
    },
  },
  {
    id: 'maxmemory-policy',
    severity: 'error',
    summary: 'Redis may evict sessions and revocations when its memory is full.',
    why: 'Evicting a session logs a user out. Evicting a revocation undoes a logout. With `noeviction`, Redis rejects new logins instead, which is noticed at once.',
    fix: 'Remove `maxmemoryPolicy` (the default is noeviction), and give Redis enough memory.',
    source: EVICTION_DOCS,
    *check({ redis = REDIS_SETTINGS }) {
      if (redis.maxmemoryPolicy === 'noeviction') return
      yield {
        path: ['redis', 'maxmemoryPolicy'],
        message: `With ${redis.maxmemoryPolicy}, a full Redis evicts sessions and revocations.`,
      }
    },
  },
  {
    id: 'replica-to-promote',
    severity: 'error',
    summary: 'Fewer than two Redis of a data centre may become primary.',
    why: 'Sentinel never promotes a Redis with priority 0. If the only other Redis is lost, no failover happens and all logins fail.',
    fix: 'Remove `replicaPriority`, so that Sentinel may promote every Redis.',
    source: SENTINEL_DOCS,
    *check({ dataCentres }) {
      for (const dataCentre of dataCentres) {
        const redis = hostsOf(dataCentre, ['redis'])
        const eligible = redis.filter(({ host }) => priorityOf(host) > 0)
        if (eligible.length >= 2 || eligible.length === redis.length) continue
        yield {
          path: [...dataCentrePath(dataCentre), 'hosts'],
          message: `Only ${eligible.length} of ${redis.length} Redis in ${dataCentre.name} may become primary.`,
        }
      }
    },
  },
  {
    id: 'equal-priorities',
    severity: 'warning',
    summary: 'The Redis of a data centre have different priorities.',
    why: 'Sentinel compares priorities before it compares how much data each replica has. It promotes the preferred replica even if that replica lacks logins which another one has.',
    fix: 'Remove `replicaPriority`. To move the primary, run a switchover.',
    source: SENTINEL_DOCS,
    *check({ dataCentres }) {
      for (const dataCentre of dataCentres) {
        const redis = hostsOf(dataCentre, ['redis'])
        const priorities = redis.map(({ host }) => priorityOf(host))
        const usual = Math.max(...priorities)
        for (const [index, { host, path }] of redis.entries()) {
          if (priorities[index] === usual) continue
          yield {
            path: [...path, 'replicaPriority'],
            message: `${host.name} has the priority ${priorities[index]}, but other Redis have ${usual}.`,
          }
        }
      }
    },
  },
  {
    id: 'engine-end-of-life',
    severity: 'warning',
    summary: 'This version of the engine has reached its end of life.',
    why: 'The project publishes no more security fixes for it. Only some distributions still backport them.',
    fix: 'Install it from a distribution that still backports fixes, such as Debian 12 or Ubuntu 24.04, or upgrade to a newer version.',
    source: {
      title: 'GitLab, Upgrade Redis to v7.2 (7.0 ended in July 2024)',
      url: 'https://gitlab.com/gitlab-org/distribution/team-tasks/-/issues/1694',
    },
    *check({ engine: { name, version } }) {
      const endOfLife = END_OF_LIFE[`${name} ${version}`]
      if (endOfLife === undefined) return
      const label = name === 'redis' ? 'Redis' : 'Valkey'
      yield { path: ['engine'], message: `${label} ${version} reached end of life in ${endOfLife}.` }
    },
  },
  {
    id: 'as-documented-loses-logins',
    severity: 'warning',
    summary: 'The profile as-documented loses acknowledged logins in a failover.',
    why: 'The printed configuration uses one password for all users and no encryption. A primary that is cut off continues to accept logins that no other node has, and a failover then drops them: thousands in one run.',
    fix: 'Set `profile: hardened`. Keep as-documented only for comparison, or for clients that support nothing more.',
    source: measured('acknowledged writes lost in a failover'),
    *check({ profile }) {
      if (profile !== 'as-documented') return
      yield {
        path: ['profile'],
        message: 'The profile as-documented loses acknowledged logins in a failover.',
      }
    },
  },
]
