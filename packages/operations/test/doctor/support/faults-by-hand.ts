import { parseAclUser } from '../../../src/doctor/acl.ts'
import type { Snapshot } from '../../../src/doctor/snapshot.ts'
import {
  redisFacts as redis,
  passwordRotation as rotation,
  sentinelFacts as sentinel,
} from '../../support/healthy-snapshot.ts'

/** Faults that cannot be caused in a real data centre: a name, the change of a healthy snapshot, and its findings. */
export const FAULTS_BY_HAND: readonly [string, (snapshot: Snapshot) => void, string[]][] = [
  [
    'a Redis and a Sentinel whose version is not supported',
    (snapshot) => {
      redis(snapshot, 1).unsupported = 'redis-2 is Redis 6.2.14.'
      sentinel(snapshot, 2).unsupported = 'sentinel-3 is Redis 6.2.14.'
    },
    ['server-unsupported: redis-2', 'server-unsupported: sentinel-3'],
  ],
  [
    'a version with a known security hole, but not the patched build of Debian',
    (snapshot) => {
      Object.assign(redis(snapshot, 0).info, { redis_version: '7.0.15', redis_build_id: 'a1' })
      Object.assign(redis(snapshot, 1).info, { redis_version: '7.0.15', redis_build_id: 'e08dbad3e06f3fb' })
    },
    ['engine-known-holes: redis-1'],
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
  [
    'a disk of this machine that has no room for a second copy of the data of the fullest Redis',
    (snapshot) => {
      redis(snapshot, 0).info['used_memory'] = '200000000'
      redis(snapshot, 0).disk = { freeBytes: 400_000_000, totalBytes: 1e9 }
      redis(snapshot, 1).disk = { freeBytes: 399_999_999, totalBytes: 1e9 }
      redis(snapshot, 2).disk = null
    },
    ['disk-nearly-full: redis-2'],
  ],
  [
    'a disk of this machine with less than 128 MiB, also of a Redis with little data',
    (snapshot) => {
      redis(snapshot, 1).disk = { freeBytes: 128 * 1024 ** 2 - 1, totalBytes: 1e9 }
    },
    ['disk-nearly-full: redis-2'],
  ],
  [
    'a Redis that would accept writes as a replica, also while it is the primary',
    (snapshot) => {
      for (const index of [0, 2]) redis(snapshot, index).config['replica-read-only'] = 'no'
    },
    ['replica-writable: redis-1', 'replica-writable: redis-3'],
  ],
  [
    'a Redis that allows fewer clients than the primary has now',
    (snapshot) => {
      for (const { facts } of snapshot.redis) Object.assign(facts?.config ?? {}, { maxclients: '10000' })
      Object.assign(redis(snapshot, 0).info, { connected_clients: '799', connected_slaves: '2' })
      redis(snapshot, 2).config['maxclients'] = '1000'
    },
    ['connections-nearly-used-up: redis-3'],
  ],
  [
    'a Redis with half of the planned memory limit',
    (snapshot) => {
      redis(snapshot, 1).config['maxmemory'] = String(128 * 1024 ** 2)
    },
    ['memory-limit-drifted: redis-2'],
  ],
  [
    'a certificate that has expired',
    (snapshot) => {
      snapshot.certificates = [{ name: 'redis-2', daysLeft: -1 }]
    },
    ['certificate-ended: redis-2'],
  ],
  [
    'a replica and a Sentinel that are gone and that a Sentinel still knows',
    (snapshot) => {
      const gone = (port: number) => ({ host: '10.1.2.99', port, at: `10.1.2.99:${port}`, flags: ['s_down'] })
      sentinel(snapshot, 0).replicas.push(gone(6379))
      sentinel(snapshot, 0).sentinels.push(gone(26379))
    },
    ['stale-sentinels-known: 10.1.2.99:26379', 'stale-replicas-known: 10.1.2.99:6379'],
  ],
  [
    'a command of the monitoring that was denied',
    (snapshot) => {
      const denial = { reason: 'command', object: 'config|get', username: 'metrics', count: 1, ageSeconds: 5 }
      redis(snapshot, 0).acl.denials.push(denial)
    },
    ['monitoring-denied: redis-1'],
  ],
  [
    'proxies that are not connected, do not answer, or hold commands',
    (snapshot) => {
      const client = { user: 'app', name: 'holdfast-proxy-dc1', host: '10.1.2.61' }
      redis(snapshot, 0).clients.push(client, { ...client, name: 'holdfast-dc1', host: '10.1.2.62' })
      const proxy = (last: number, here: Snapshot['proxies'][number]['here']) => ({
        name: `php-${last}`,
        at: '127.0.0.1:6380',
        seenAs: `10.1.2.${last}`,
        here,
      })
      snapshot.proxies = [
        proxy(61, { problem: null, isHeld: true }),
        proxy(62, null),
        { ...proxy(63, { problem: 'It closed the connection.', isHeld: false }), seenAs: null },
      ]
    },
    ['proxy-not-connected: php-62', 'proxy-silent: php-63', 'proxy-held: php-61'],
  ],
]
