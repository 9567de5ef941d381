import { parseRedisConf } from '@holdfast/agent/redis/config-lines'
import { REDIS_SETTINGS } from '@holdfast/site/file/site'
import { ENGINES, exampleSite, renderExample } from '@holdfast/testing/hosts/example-site'
import { FIXED_SECRETS } from '@holdfast/testing/local/fixed-secrets'
import { describe, expect, it } from 'vitest'
import { parseAclUser } from '../../src/doctor/acl.ts'
import { CHECKS } from '../../src/doctor/checks/index.ts'
import { findingsIn } from '../../src/doctor/examine.ts'
import type { Snapshot } from '../../src/doctor/snapshot.ts'
import {
  healthySnapshot,
  redisFacts as redis,
  passwordRotation as rotation,
  sentinelFacts as sentinel,
} from '../support/healthy-snapshot.ts'

const found = (change: (snapshot: Snapshot) => void) => {
  const snapshot = healthySnapshot()
  change(snapshot)
  return findingsIn(snapshot, CHECKS).map(({ check, subject }) => `${check}: ${subject}`)
}

it('each check has a unique id', () => {
  expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length)
  expect(CHECKS.length).toBeGreaterThanOrEqual(25)
})

it('the checks find nothing in a healthy group', () => {
  expect(found(() => {})).toEqual([])
})

it('a finding about a full memory reports the bytes in use and advises a sufficient limit', () => {
  const snapshot = healthySnapshot()
  Object.assign(redis(snapshot, 0).config, { maxmemory: '1' })
  Object.assign(redis(snapshot, 0).plannedConfig, { maxmemory: '1' })
  const [finding] = findingsIn(snapshot, CHECKS)
  expect(finding).toMatchObject({
    check: 'memory-nearly-full',
    evidence: 'It uses 2,000,000 bytes for data; its limit is 1.',
    mend: expect.stringMatching(/CONFIG SET maxmemory 4000000$/),
  })
})

describe('a setting that differs from the plan is found', () => {
  it.each(Object.keys(redis(healthySnapshot(), 1).plannedConfig))('by some check: %s', (name) => {
    const subjects = found((snapshot) => Object.assign(redis(snapshot, 1).config, { [name]: '7' }))
    expect(subjects.map((one) => one.split(': ')[1])).toContain('redis-2')
  })

  it.each<[string, string]>([
    ['min-replicas-to-write', '2'],
    ['min-replicas-max-lag', '60'],
    ['replica-announce-ip', '10.1.2.99'],
    ['repl-backlog-size', '1048576'],
    ['save', '900 1'],
    ['port', '6380'],
  ])('by settings-drifted: %s as %s', (name, value) => {
    expect(found((snapshot) => Object.assign(redis(snapshot, 1).config, { [name]: value }))).toEqual([
      'settings-drifted: redis-2',
    ])
  })

  // INV-OPERATIONS-20.
  it.each(ENGINES)('without a secret in the planned settings, with $name $version', (engine) => {
    const site = exampleSite({ engine })
    const file = renderExample(site).find(({ path }) => path.endsWith('dc1-data-2/redis.conf'))
    const planned = JSON.stringify(parseRedisConf(file?.text ?? ''))
    expect(planned).toContain('maxmemory')
    expect(planned).not.toContain(FIXED_SECRETS.replica)
  })
})

describe('a memory limit that differs from the plan', () => {
  const limited = (change: (snapshot: Snapshot) => void) => {
    const snapshot = healthySnapshot()
    snapshot.topology = { ...snapshot.topology, redis: REDIS_SETTINGS }
    change(snapshot)
    return findingsIn(snapshot, CHECKS)
  }
  const setLimit = (snapshot: Snapshot, bytes: number) =>
    Object.assign(redis(snapshot, 1).config, { maxmemory: String(bytes) })

  it('is raised to the planned limit', () => {
    expect(limited((snapshot) => setLimit(snapshot, 1024 ** 3 / 8))).toMatchObject([
      { check: 'memory-limit-drifted', subject: 'redis-2', fix: { kind: 'settings' } },
    ])
  })

  it('is lowered only if every Redis answers and none of them would be more than 80 % full', () => {
    expect(limited((snapshot) => setLimit(snapshot, 1024 ** 3))[0]?.fix).toBeDefined()
    const full = limited((snapshot) => {
      setLimit(snapshot, 1024 ** 3)
      Object.assign(redis(snapshot, 0).info, { used_memory: String(215 * 1024 ** 2) })
      Object.assign(redis(snapshot, 0).config, { maxmemory: String(1024 ** 3) })
    })
    expect(full.map(({ check, fix }) => [check, fix])).toEqual(
      Array(2).fill(['memory-limit-drifted', undefined]),
    )
    const silent = limited((snapshot) => {
      setLimit(snapshot, 1024 ** 3)
      Object.assign(snapshot.redis[2] ?? {}, { facts: null, problem: 'no answer' })
    })
    expect(silent.find(({ check }) => check === 'memory-limit-drifted')?.fix).toBeUndefined()
  })

  it('is not a finding if it was raised and no file plans it', () => {
    expect(found((snapshot) => setLimit(snapshot, 1024 ** 3))).toEqual([])
  })
})

describe('in a snapshot with a fault that cannot be caused in a real data centre', () => {
  it.each<[string, (snapshot: Snapshot) => void, string[]]>([
    [
      'a Redis and a Sentinel whose version is not supported',
      (snapshot) => {
        redis(snapshot, 1).unsupported = 'redis-2 is Redis 6.2.14.'
        sentinel(snapshot, 2).unsupported = 'sentinel-3 is Redis 6.2.14.'
      },
      ['server-unsupported: redis-2', 'server-unsupported: sentinel-3'],
    ],
    [
      'a missing supervisor',
      (snapshot) => {
        snapshot.supervisor = 'gone'
      },
      ['supervisor-gone: the supervisor'],
    ],
    [
      'the fault of a drill that was killed',
      (snapshot) => {
        snapshot.drill = { isUnderWay: false, fault: 'pause redis-2', undo: ['continue redis-2'] }
      },
      ['drill-left-behind: the group'],
    ],
    [
      'nothing while a drill is under way',
      (snapshot) => {
        snapshot.drill = { isUnderWay: true, fault: 'pause redis-2', undo: ['continue redis-2'] }
      },
      [],
    ],
    [
      'a Redis that the supervisor does not start, and report it once',
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
      'a Sentinel in TILT, but not the processes that it marks as down',
      (snapshot) => {
        sentinel(snapshot, 1).tilt = true
        sentinel(snapshot, 1).flags = ['master', 's_down']
      },
      ['tilt: sentinel-2'],
    ],
    [
      'a failover that was forced by SENTINEL FAILOVER',
      (snapshot) => {
        sentinel(snapshot, 1).failingOver = true
        sentinel(snapshot, 1).flags = ['master', 'failover_in_progress', 'force_failover']
      },
      ['forced-failover: sentinel-2', 'failover-under-way: sentinel-2'],
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
      'passwords and a key ring that are older than 90 days, with one finding for each kind',
      (snapshot) => {
        snapshot.secretAges = [
          { secret: 'admin', since: '2026-01-01T00:00:00.000Z', ageDays: 91 },
          { secret: 'app', since: '2026-01-01T00:00:00.000Z', ageDays: 90 },
          { secret: 'keyring', since: '2026-01-01T00:00:00.000Z', ageDays: 400 },
        ]
      },
      ['secret-too-old: secrets.json', 'secret-too-old: secrets.json'],
    ],
    [
      'a password that is older than the site allows, and a certificate that expires too soon',
      (snapshot) => {
        const rotation = { usersDays: 2, keyringDays: 400, certificateDaysLeft: 90 }
        snapshot.topology = { ...snapshot.topology, rotation }
        snapshot.secretAges = [
          { secret: 'admin', since: '2026-01-01T00:00:00.000Z', ageDays: 3 },
          { secret: 'keyring', since: '2026-01-01T00:00:00.000Z', ageDays: 400 },
        ]
      },
      ['secret-too-old: secrets.json', 'certificate-ends-soon: redis-1'],
    ],
    [
      'rotations of certificates and of the key ring that no process works on',
      (snapshot) => {
        snapshot.rotations.certificates = { issued: ['redis-1'], isRunning: false }
        snapshot.rotations.keyring = { next: 'k2', waits: false, isRunning: false }
      },
      ['certificate-rotation-unfinished: the group', 'keyring-rotation-unfinished: the group'],
    ],
    [
      'a rotation of the key ring that waits for other applications',
      (snapshot) => {
        snapshot.rotations.keyring = { next: 'k2', waits: true, isRunning: false }
      },
      ['keyring-rotation-waits: the group'],
    ],
    [
      'nothing in rotations of certificates and of the key ring that run',
      (snapshot) => {
        snapshot.rotations.certificates = { issued: ['redis-1'], isRunning: true }
        snapshot.rotations.keyring = { next: 'k2', waits: false, isRunning: true }
      },
      [],
    ],
    [
      'a rotation of passwords that no process works on, but not the second passwords that it left',
      (snapshot) => {
        snapshot.rotations.passwords = rotation({})
        redis(snapshot, 1)
          .acl.users.find(({ name }) => name === 'app')
          ?.passwordHashes.push('0'.repeat(64))
        sentinel(snapshot, 1).knowsPeerPassword = false
      },
      ['rotation-unfinished: the group'],
    ],
    [
      'a rotation of passwords that runs',
      (snapshot) => {
        snapshot.rotations.passwords = rotation({ isRunning: true })
      },
      ['rotation-under-way: the group'],
    ],
    [
      'a rotation of passwords that waits for other applications',
      (snapshot) => {
        snapshot.rotations.passwords = rotation({ phase: 'wait' })
      },
      ['rotation-under-way: the group'],
    ],
    [
      'additional rights of a user while a rotation of passwords has not finished',
      (snapshot) => {
        snapshot.rotations.passwords = rotation({ phase: 'wait' })
        redis(snapshot, 1)
          .acl.users.find(({ name }) => name === 'app')
          ?.rules.push('+flushall')
      },
      ['user-missing-or-widened: redis-2, user app', 'rotation-under-way: the group'],
    ],
    [
      'a clock that is 800 ms behind',
      (snapshot) => {
        redis(snapshot, 1).clock = { aheadMs: -800, uncertainMs: 20 }
      },
      ['clock-skew: redis-2'],
    ],
    [
      'an append-only file that cannot be written',
      (snapshot) => {
        redis(snapshot, 0).info['aof_last_write_status'] = 'err'
      },
      ['aof-failing: redis-1'],
    ],
    [
      'an append-only file that was truncated at the start and not rewritten since',
      (snapshot) => {
        Object.assign(redis(snapshot, 0), { truncatedAtStart: true })
        Object.assign(redis(snapshot, 0).info, { aof_rewrites: '0' })
        Object.assign(redis(snapshot, 1), { truncatedAtStart: true })
        Object.assign(redis(snapshot, 1).info, { aof_rewrites: '1' })
      },
      ['aof-cut-short: redis-1'],
    ],
    [
      'a default user that lacks one command, and so would load half of a transaction',
      (snapshot) => {
        redis(snapshot, 2).acl.users[0] = parseAclUser('user default off ~* &* +@all -zadd', {
          all: ['get', 'zadd'],
        })
      },
      ['default-user-without-rights: redis-3'],
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
      'two Sentinels that are down, and that too few are left for a failover',
      (snapshot) => {
        snapshot.sentinels = snapshot.sentinels.map((one, index) =>
          index === 0 ? one : { ...one, facts: null, problem: 'No answer.' },
        )
        sentinel(snapshot, 0).quorumProblem = 'NOQUORUM 1 usable Sentinels.'
      },
      ['sentinel-down: sentinel-2', 'sentinel-down: sentinel-3', 'no-quorum: sentinel-1'],
    ],
    [
      'a primary that is down, but not the broken links of its replicas',
      (snapshot) => {
        snapshot.redis = snapshot.redis.map((one, index) =>
          index > 0 ? one : { ...one, facts: null, problem: 'No answer.' },
        )
        for (const index of [1, 2]) redis(snapshot, index).replication.linkUp = false
      },
      ['node-down: redis-1'],
    ],
  ])('the checks find %s', (_, change, expected) => {
    expect(found(change)).toEqual(expected)
  })
})

it('a clock that may be right within the error of the measurement is not a finding', () => {
  expect(
    found((snapshot) => {
      redis(snapshot, 1).clock = { aheadMs: 900, uncertainMs: 600 }
    }),
  ).toEqual([])
})

it('a memory limit that was raised is not a finding', () => {
  expect(
    found((snapshot) => {
      redis(snapshot, 1).config['maxmemory'] = String(2 ** 30)
    }),
  ).toEqual([])
})
