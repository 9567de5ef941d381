import { describe, expect, it } from 'vitest'
import { categoriesOf, parseAclUser } from '../../src/doctor/acl.ts'
import { CHECKS } from '../../src/doctor/checks/index.ts'
import { findingsIn } from '../../src/doctor/examine.ts'
import { bufferLimitOf, parseRedisConf } from '../../src/doctor/planned-config.ts'
import type { Snapshot } from '../../src/doctor/snapshot.ts'
import type { PasswordRotationSeen } from '../../src/operate/rotate/sights.ts'
import { REDIS_SETTINGS } from '../../src/site/site.ts'
import { ENGINES, exampleSite, renderExample } from '../render/support/example-site.ts'
import { FIXED_SECRETS } from '../support/fixed-secrets.ts'
import {
  healthySnapshot,
  redisFacts as redis,
  sentinelFacts as sentinel,
} from '../support/healthy-snapshot.ts'

const found = (change: (snapshot: Snapshot) => void) => {
  const snapshot = healthySnapshot()
  change(snapshot)
  return findingsIn(snapshot, CHECKS).map(({ check, subject }) => `${check}: ${subject}`)
}

const rotation = (more: Partial<PasswordRotationSeen>): PasswordRotationSeen => ({
  startedAt: '2026-01-01T00:00:00.000Z',
  phase: 'move',
  users: ['app'],
  undoing: false,
  isRunning: false,
  ...more,
})

it('has a name of its own for each check', () => {
  expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length)
  expect(CHECKS.length).toBeGreaterThanOrEqual(25)
})

it('finds nothing where all is well', () => {
  expect(found(() => {})).toEqual([])
})

it('tells of a limit of one byte what is used, and a limit that is enough', () => {
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

describe('every planned setting of a Redis that is otherwise is found:', () => {
  it.each(Object.keys(redis(healthySnapshot(), 1).plannedConfig))('%s', (name) => {
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
  ])('%s as %s', (name, value) => {
    expect(found((snapshot) => Object.assign(redis(snapshot, 1).config, { [name]: value }))).toEqual([
      'settings-drifted: redis-2',
    ])
  })

  // INV-OPERATIONS-20.
  it.each(ENGINES)('and none of them is a secret, with $name $version', (engine) => {
    const site = exampleSite({ engine })
    const file = renderExample(site).find(({ path }) => path.endsWith('dc1-data-2/redis.conf'))
    const planned = JSON.stringify(parseRedisConf(file?.text ?? ''))
    expect(planned).toContain('maxmemory')
    expect(planned).not.toContain(FIXED_SECRETS.replica)
  })
})

describe('another memory limit than planned', () => {
  const limited = (change: (snapshot: Snapshot) => void) => {
    const snapshot = healthySnapshot()
    snapshot.topology = { ...snapshot.topology, redis: REDIS_SETTINGS }
    change(snapshot)
    return findingsIn(snapshot, CHECKS)
  }
  const setLimit = (snapshot: Snapshot, bytes: number) =>
    Object.assign(redis(snapshot, 1).config, { maxmemory: String(bytes) })

  it('is raised to the planned one', () => {
    expect(limited((snapshot) => setLimit(snapshot, 1024 ** 3 / 8))).toMatchObject([
      { check: 'memory-limit-drifted', subject: 'redis-2', fix: { kind: 'settings' } },
    ])
  })

  it('is lowered only when every Redis answers and none of them would be more than 80 % full', () => {
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

  it('is none where no file says how much it is to be, and it was raised', () => {
    expect(found((snapshot) => setLimit(snapshot, 1024 ** 3))).toEqual([])
  })
})

describe('finds what cannot be planted in a real data centre:', () => {
  it.each<[string, (snapshot: Snapshot) => void, string[]]>([
    [
      'a Redis and a Sentinel that cannot hold the promises',
      (snapshot) => {
        redis(snapshot, 1).unsupported = 'redis-2 is Redis 6.2.14.'
        sentinel(snapshot, 2).unsupported = 'sentinel-3 is Redis 6.2.14.'
      },
      ['server-unsupported: redis-2', 'server-unsupported: sentinel-3'],
    ],
    [
      'no supervisor',
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
      'nothing in a drill that is under way',
      (snapshot) => {
        snapshot.drill = { isUnderWay: true, fault: 'pause redis-2', undo: ['continue redis-2'] }
      },
      [],
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
      'passwords and a key ring that are older than 90 days, by kind',
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
      'what is older than the site allows, and a certificate that lasts for too short',
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
      'a rotation of certificates, and one of the key ring, that nobody works on',
      (snapshot) => {
        snapshot.rotations.certificates = { issued: ['redis-1'], isRunning: false }
        snapshot.rotations.keyring = { next: 'k2', waits: false, isRunning: false }
      },
      ['certificate-rotation-unfinished: the group', 'keyring-rotation-unfinished: the group'],
    ],
    [
      'that one of the key ring waits for others',
      (snapshot) => {
        snapshot.rotations.keyring = { next: 'k2', waits: true, isRunning: false }
      },
      ['keyring-rotation-waits: the group'],
    ],
    [
      'nothing in those that run: they are told of by the operation',
      (snapshot) => {
        snapshot.rotations.certificates = { issued: ['redis-1'], isRunning: true }
        snapshot.rotations.keyring = { next: 'k2', waits: false, isRunning: true }
      },
      [],
    ],
    [
      'a rotation that nobody works on, and not the second passwords that it has left',
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
      'a rotation that runs',
      (snapshot) => {
        snapshot.rotations.passwords = rotation({ isRunning: true })
      },
      ['rotation-under-way: the group'],
    ],
    [
      'a rotation that waits for others',
      (snapshot) => {
        snapshot.rotations.passwords = rotation({ phase: 'wait' })
      },
      ['rotation-under-way: the group'],
    ],
    [
      'what else a user may do while a rotation has not ended',
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
      'a log that cannot be written',
      (snapshot) => {
        redis(snapshot, 0).info['aof_last_write_status'] = 'err'
      },
      ['aof-failing: redis-1'],
    ],
    [
      'an append-only file that was cut at the start and not rewritten since',
      (snapshot) => {
        Object.assign(redis(snapshot, 0), { truncatedAtStart: true })
        Object.assign(redis(snapshot, 0).info, { aof_rewrites: '0' })
        Object.assign(redis(snapshot, 1), { truncatedAtStart: true })
        Object.assign(redis(snapshot, 1).info, { aof_rewrites: '1' })
      },
      ['aof-cut-short: redis-1'],
    ],
    [
      'a user default that may run nearly everything, and so loads half of a transaction',
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

describe('a mend names the data centre that was asked about to each command of Holdfast:', () => {
  const AGAIN = ' --file dc.yaml --data-centre dc2'
  it.each<[string, (snapshot: Snapshot) => void, string[]]>([
    [
      'of a rotation of passwords that nobody works on',
      (snapshot) => {
        snapshot.rotations.passwords = rotation({})
      },
      ['rotate passwords', 'rotate passwords --undo'],
    ],
    [
      'of one that goes back',
      (snapshot) => {
        snapshot.rotations.passwords = rotation({ undoing: true })
      },
      ['rotate passwords --undo'],
    ],
    [
      'of one that waits for others',
      (snapshot) => {
        snapshot.rotations.passwords = rotation({ phase: 'wait' })
      },
      ['rotate passwords --stage finish', 'rotate passwords --undo'],
    ],
    [
      'of rotations of certificates and of the key ring',
      (snapshot) => {
        snapshot.rotations.certificates = { issued: ['redis-1'], isRunning: false }
        snapshot.rotations.keyring = { next: 'k2', waits: false, isRunning: false }
      },
      ['rotate certificates', 'rotate keyring'],
    ],
    [
      'of a key ring that waits for others',
      (snapshot) => {
        snapshot.rotations.keyring = { next: 'k2', waits: true, isRunning: false }
      },
      ['rotate keyring --stage finish'],
    ],
    [
      'of secrets that are too old',
      (snapshot) => {
        snapshot.secretAges = ['admin', 'keyring'].map((secret) => ({ secret, since: '', ageDays: 400 }))
      },
      ['rotate passwords', 'rotate keyring'],
    ],
    [
      'of a certificate that ends soon',
      (snapshot) => {
        snapshot.certificates = [{ name: 'redis-1', daysLeft: 1 }]
      },
      ['rotate certificates'],
    ],
    [
      'of the certificates of other hosts',
      (snapshot) => {
        snapshot.supervisor = 'none'
        snapshot.certificates = [{ name: 'redis@data-1', daysLeft: 1 }]
        snapshot.rotations.certificates = { issued: ['data-1'], isRunning: false }
      },
      ['rotate certificates', 'rotate certificates', 'rotate certificates --stage finish'],
    ],
    [
      'of certificates that have ended, never to end the process that shows one',
      (snapshot) => {
        const [first, second] = snapshot.redis.map((one) => ({
          ...one,
          facts: null,
          problem: 'It has expired.',
        }))
        if (first !== undefined) snapshot.redis[0] = first
        snapshot.certificates = [{ name: first?.name ?? '', daysLeft: -1 }]
        if (second !== undefined) snapshot.sentinels[1] = { ...second, name: 'sentinel-2' }
        snapshot.certificates.push({ name: 'the operator', daysLeft: -3 })
      },
      Array(4).fill('rotate certificates'),
    ],
    [
      'of a drill that was killed',
      (snapshot) => {
        snapshot.drill = { isUnderWay: false, fault: 'pause redis-2', undo: ['continue redis-2'] }
      },
      ['doctor --fix'],
    ],
    [
      'of a password and a user that are not as planned',
      (snapshot) => {
        redis(snapshot, 1).knowsReplicaPassword = false
        sentinel(snapshot, 1).acl.users.pop()
      },
      ['doctor --fix', 'doctor --fix'],
    ],
    [
      'of a Sentinel that names another primary',
      (snapshot) => {
        sentinel(snapshot, 1).primary = '10.1.2.12:6379'
      },
      ['doctor --fix', 'status'],
    ],
    [
      'of a Redis that is held',
      (snapshot) => {
        snapshot.processes = snapshot.processes.map((one) => ({ ...one, state: 'held' }))
      },
      ['status', 'status', 'status'],
    ],
    [
      'of a supervisor that is gone, and what ended with it',
      (snapshot) => {
        snapshot.supervisor = 'gone'
        snapshot.processes = []
        snapshot.sentinels = snapshot.sentinels.map((one, index) =>
          index === 0 ? { ...one, facts: null, problem: 'No answer.' } : one,
        )
      },
      [`down${AGAIN} && holdfast up --detach`, 'up --detach'],
    ],
  ])('%s', (_, change, commands) => {
    const snapshot = { ...healthySnapshot(), again: AGAIN }
    change(snapshot)
    const lines = findingsIn(snapshot, CHECKS).flatMap(({ mend }) => mend.split('\n'))
    expect(lines.filter((line) => line.includes('holdfast '))).toEqual(
      commands.map((command) => `holdfast ${command}${AGAIN}`),
    )
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

it('reads a user alike whose commands Redis takes away one by one instead of by categories', () => {
  const categories = categoriesOf([
    ['dangerous', ['info', 'keys', 'role', 'config|get', 'config|set']],
    ['slow', ['config']],
    ['read', ['get']],
  ])
  const planned = parseAclUser('user app on #aa ~* &* +@all -@dangerous +info +role', categories)
  expect(parseAclUser('user app on #aa ~* &* +@all -keys -config', categories)).toEqual(planned)
  expect(planned.rules).toEqual(['&*', '+get', '+info', '+role', '~*'])
  const widened = parseAclUser('user app on #aa ~* &* +@all -keys', categories)
  expect(widened.rules).toEqual(['&*', '+config|get', '+config|set', '+get', '+info', '+role', '~*'])
  expect(parseAclUser('user app on ~* &* -@all +@dangerous +get', categories).rules).toEqual([
    '&*',
    '+@all',
    '~*',
  ])
})

it('reads the selectors of a user, which Redis writes with more rules than were given', () => {
  const planned = parseAclUser(
    'user app on #aa ~hf:* &hf:* -@all +get (&hello +subscribe) (~a -@all +set)',
    {},
  )
  const live = parseAclUser(
    'user app on sanitize-payload #aa ~hf:* resetchannels &hf:* -@all +get (~a resetchannels -@all +set) (resetchannels &hello -@all +subscribe)',
    {},
  )
  expect(live).toEqual(planned)
  expect(planned.rules).toEqual(['(&hello +subscribe)', '(+set ~a)', '+get', '&hf:*', '~hf:*'].sort())
})

it('reads directives in the words of CONFIG GET', () => {
  expect(
    parseRedisConf('# no\nmaxmemory 256mb\nmasterauth secret\nclient-output-buffer-limit replica 1kb 2 60\n'),
  ).toEqual({ maxmemory: '268435456', 'client-output-buffer-limit': 'slave 1024 2 60' })
  expect(bufferLimitOf('normal 0 0 0 slave 1024 2 60 pubsub 1 1 1', 'slave')).toBe('slave 1024 2 60')
})
