import { describe, expect, it } from 'vitest'
import { parseAclUser } from '../../src/doctor/acl.ts'
import { CHECKS } from '../../src/doctor/checks/index.ts'
import { findingsIn } from '../../src/doctor/examine.ts'
import { bufferLimitOf, parseRedisConf } from '../../src/doctor/planned-config.ts'
import type { RedisFacts, SentinelFacts, Snapshot } from '../../src/doctor/snapshot.ts'
import { healthySnapshot } from '../support/healthy-snapshot.ts'

const found = (change: (snapshot: Snapshot) => void) => {
  const snapshot = healthySnapshot()
  change(snapshot)
  return findingsIn(snapshot, CHECKS).map(({ check, subject }) => `${check}: ${subject}`)
}

const redis = (snapshot: Snapshot, index: number): RedisFacts => {
  const facts = snapshot.redis[index]?.facts
  if (!facts) throw new Error(`no redis ${index}`)
  return facts
}

const sentinel = (snapshot: Snapshot, index: number): SentinelFacts => {
  const facts = snapshot.sentinels[index]?.facts
  if (!facts) throw new Error(`no sentinel ${index}`)
  return facts
}

it('has a name of its own for each check', () => {
  expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length)
  expect(CHECKS.length).toBeGreaterThanOrEqual(25)
})

it('finds nothing where all is well', () => {
  expect(found(() => {})).toEqual([])
})

describe('finds what cannot be planted in a real data centre:', () => {
  it.each<[string, (snapshot: Snapshot) => void, string[]]>([
    [
      'no supervisor',
      (snapshot) => {
        snapshot.supervisor = 'gone'
      },
      ['supervisor-gone: the supervisor'],
    ],
    [
      'a Redis that is held, once',
      (snapshot) => {
        snapshot.processes = snapshot.processes.map((one) =>
          one.name === 'redis-2' ? { ...one, state: 'held' } : one,
        )
        snapshot.redis = snapshot.redis.map((one) =>
          one.name === 'redis-2' ? { ...one, facts: null, problem: 'No answer.' } : one,
        )
      },
      ['process-held: redis-2'],
    ],
    [
      'a Sentinel in TILT, which holds everybody to be down',
      (snapshot) => {
        sentinel(snapshot, 1).tilt = true
        sentinel(snapshot, 1).flags = ['master', 's_down']
      },
      ['tilt: sentinel-2'],
    ],
    [
      'a Sentinel that is known with port 0',
      (snapshot) => {
        const [first] = sentinel(snapshot, 2).sentinels
        if (first) Object.assign(first, { port: 0, at: `${first.host}:0` })
      },
      ['sentinel-port-zero: sentinel-3'],
    ],
    [
      'a clock that is 800 ms behind',
      (snapshot) => {
        redis(snapshot, 1).clock = { aheadMs: -800, uncertainMs: 20 }
      },
      ['clock-skew: redis-2'],
    ],
    [
      'a log that cannot be written',
      (snapshot) => {
        redis(snapshot, 0).info['aof_last_write_status'] = 'err'
      },
      ['aof-failing: redis-1'],
    ],
    [
      'a replica that is 2 MB behind',
      (snapshot) => {
        redis(snapshot, 2).replication.offset -= 2_000_000
      },
      ['replica-behind: redis-3'],
    ],
    [
      'a replica that one Sentinel does not know',
      (snapshot) => {
        sentinel(snapshot, 0).replicas.pop()
      },
      ['too-few-replicas-known: sentinel-1'],
    ],
    [
      'too few Sentinels for a failover, behind the two that are down',
      (snapshot) => {
        snapshot.sentinels = snapshot.sentinels.map((one, index) =>
          index === 0 ? one : { ...one, facts: null, problem: 'No answer.' },
        )
        sentinel(snapshot, 0).quorumProblem = 'NOQUORUM 1 usable Sentinels.'
      },
      ['sentinel-down: sentinel-2', 'sentinel-down: sentinel-3', 'no-quorum: sentinel-1'],
    ],
    [
      'a primary that is down, without what follows from it',
      (snapshot) => {
        snapshot.redis = snapshot.redis.map((one, index) =>
          index > 0 ? one : { ...one, facts: null, problem: 'No answer.' },
        )
        for (const index of [1, 2]) redis(snapshot, index).replication.linkUp = false
      },
      ['node-down: redis-1'],
    ],
  ])('%s', (_, change, expected) => {
    expect(found(change)).toEqual(expected)
  })
})

it('does not call a clock wrong that may be right', () => {
  expect(
    found((snapshot) => {
      redis(snapshot, 1).clock = { aheadMs: 900, uncertainMs: 600 }
    }),
  ).toEqual([])
})

it('says nothing of a limit of the memory that was raised', () => {
  expect(
    found((snapshot) => {
      redis(snapshot, 1).config['maxmemory'] = String(2 ** 30)
    }),
  ).toEqual([])
})

it('reads a user alike from the rules that Redis made shorter', () => {
  const planned = parseAclUser('user app on #aa &* -@all +auth +hello +ping +subscribe', {})
  const live = parseAclUser('user app on #aa &* -@all +@fast +subscribe -role -publish', {
    fast: ['role', 'publish', 'ping', 'auth', 'hello'],
  })
  expect(live).toEqual(planned)
  const narrowed = parseAclUser('user x on ~hf:* resetchannels &hf:* -@all', {})
  expect(narrowed.rules).toEqual(['&hf:*', '~hf:*'])
})

it('reads directives in the words of CONFIG GET', () => {
  expect(
    parseRedisConf('# no\nmaxmemory 256mb\nmasterauth secret\nclient-output-buffer-limit replica 1kb 2 60\n'),
  ).toEqual({ maxmemory: '268435456', 'client-output-buffer-limit': 'slave 1024 2 60' })
  expect(bufferLimitOf('normal 0 0 0 slave 1024 2 60 pubsub 1 1 1', 'slave')).toBe('slave 1024 2 60')
})
