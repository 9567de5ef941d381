import { describe, expect, it } from 'vitest'
import { CHECKS } from '../../src/doctor/checks/index.ts'
import { findingsIn } from '../../src/doctor/examine.ts'
import type { RedisFacts, SentinelFacts, Snapshot } from '../../src/doctor/snapshot.ts'
import {
  healthySnapshot,
  redisFacts as redis,
  sentinelFacts as sentinel,
} from '../support/healthy-snapshot.ts'

const liveUser = (facts: RedisFacts | SentinelFacts, name: string) => {
  const user = facts.acl.users.find((one) => one.name === name)
  if (!user) throw new Error(`There is no user ${name}.`)
  return user
}

/** A primary with two replicas that follow it closely, and connected clients of the library. */
function snapshotInUse(): Snapshot {
  const snapshot = healthySnapshot()
  redis(snapshot, 0).replication.replicas = snapshot.redis
    .slice(1)
    .map(({ at }) => ({ address: at, offset: 5_000_000, lagSeconds: 0 }))
  for (const { facts } of snapshot.redis) {
    facts?.clients.push({ user: 'app', name: '', host: '10.1.2.21' })
    if (facts) facts.acl.logins = { replica: null }
  }
  for (const { facts } of snapshot.sentinels) if (facts) facts.acl.logins = { peer: null }
  return snapshot
}

/** The objection to the last fix of the check; null without one. */
function objection(check: string, change: (snapshot: Snapshot) => void): string | null {
  const snapshot = snapshotInUse()
  change(snapshot)
  const finding = findingsIn(snapshot, CHECKS).findLast((one) => one.check === check && one.fix !== undefined)
  if (finding === undefined) throw new Error(`${check} found nothing.`)
  // People follow an advice to the letter, so the objection comes first.
  expect(finding.mend.startsWith('Not now: ')).toBe(finding.notNow !== undefined)
  return finding.notNow ?? null
}

// INV-OPERATIONS-22.
describe('a fix is judged by the harm that it would do now:', () => {
  it.each<[string, string, (snapshot: Snapshot) => void, RegExp | null]>([
    [
      'a memory limit that is sufficient is set',
      'no-memory-limit',
      (snapshot) => {
        redis(snapshot, 1).config['maxmemory'] = '0'
      },
      null,
    ],
    [
      'a memory limit below the data of another Redis is not set',
      'no-memory-limit',
      (snapshot) => {
        redis(snapshot, 1).config['maxmemory'] = '0'
        redis(snapshot, 2).info['used_memory'] = '432000000'
      },
      /^With a limit of 268,435,456 bytes it would refuse logins: .* needs 540,000,000\.$/,
    ],
    [
      'eviction is not disabled on a Redis whose memory is nearly full',
      'eviction-policy',
      (snapshot) => {
        redis(snapshot, 0).config['maxmemory-policy'] = 'allkeys-lru'
        redis(snapshot, 0).info['used_memory'] = '260000000'
      },
      /raise its maxmemory first/,
    ],
    [
      'the backlog is not enlarged on a Redis whose memory is nearly full',
      'settings-drifted',
      (snapshot) => {
        redis(snapshot, 0).config['repl-backlog-size'] = '1048576'
        redis(snapshot, 0).info['used_memory'] = '200000000'
      },
      /The backlog counts as used memory/,
    ],
    [
      'the output buffer is not made smaller than a replica fills it now',
      'settings-drifted',
      (snapshot) => {
        redis(snapshot, 0).config['client-output-buffer-limit'] = 'normal 0 0 0 slave 900000000 900000000 60'
        redis(snapshot, 0).info['mem_clients_slaves'] = '500000000'
      },
      /A replica that catches up would be disconnected/,
    ],
    [
      'a primary without close replicas is not made to require them',
      'min-replicas-off',
      (snapshot) => {
        redis(snapshot, 0).config['min-replicas-to-write'] = '0'
        for (const replica of redis(snapshot, 0).replication.replicas) replica.lagSeconds = 9
      },
      /it would refuse every write/,
    ],
    [
      'a primary with close replicas is made to require them',
      'min-replicas-off',
      (snapshot) => {
        redis(snapshot, 0).config['min-replicas-max-lag'] = '0'
      },
      null,
    ],
    [
      'an append-only file is not started on a disk that cannot be written',
      'no-persistence',
      (snapshot) => {
        redis(snapshot, 0).config['appendonly'] = 'no'
        redis(snapshot, 0).info['rdb_last_bgsave_status'] = 'err'
      },
      /repair the disk first/,
    ],
    [
      'snapshots are switched off beside an append-only file',
      'settings-drifted',
      (snapshot) => {
        redis(snapshot, 0).config['save'] = '900 1'
      },
      null,
    ],
    [
      'snapshots are not switched off while they are the only copy on the disk',
      'settings-drifted',
      (snapshot) => {
        Object.assign(redis(snapshot, 0).config, { appendonly: 'no', save: '900 1' })
      },
      /^Its snapshots are all that it has on its disk/,
    ],
    [
      'snapshots are not switched off while the first append-only file is written',
      'settings-drifted',
      (snapshot) => {
        redis(snapshot, 0).config['save'] = '900 1'
        redis(snapshot, 0).info['aof_rewrite_in_progress'] = '1'
      },
      /wait until that file is complete/,
    ],
    [
      'an announced name that no process uses is replaced',
      'names-mixed-with-addresses',
      (snapshot) => {
        redis(snapshot, 2).config['replica-announce-ip'] = 'red3'
      },
      null,
    ],
    [
      'an announced name by which a Sentinel knows the Redis is not replaced',
      'names-mixed-with-addresses',
      (snapshot) => {
        redis(snapshot, 2).config['replica-announce-ip'] = 'red3'
        const known = sentinel(snapshot, 1).replicas[1]
        if (known) Object.assign(known, { host: 'red3', at: 'red3:6379' })
      },
      /^sentinel-2 knows a Redis as red3:6379/,
    ],
    [
      'an announced port by which the primary knows the Redis is not replaced',
      'settings-drifted',
      (snapshot) => {
        redis(snapshot, 2).config['replica-announce-port'] = '6380'
        const known = redis(snapshot, 0).replication.replicas[1]
        if (known) known.address = '10.1.2.13:6380'
      },
      /^redis-1 knows a Redis as 10\.1\.2\.13:6380/,
    ],
    [
      'a default user without clients is switched off',
      'default-user-on',
      (snapshot) => {
        liveUser(redis(snapshot, 1), 'default').isOn = true
      },
      null,
    ],
    [
      'a default user is not switched off while a client is connected to another Redis as it',
      'default-user-on',
      (snapshot) => {
        liveUser(redis(snapshot, 1), 'default').isOn = true
        redis(snapshot, 0).clients.push({ user: 'default', name: '', host: '10.1.2.9' })
      },
      /^Clients on 10\.1\.2\.9 are connected to redis-1 as this user/,
    ],
    [
      'a default user is not switched off while the clients of one Redis are unknown',
      'default-user-on',
      (snapshot) => {
        liveUser(redis(snapshot, 1), 'default').isOn = true
        snapshot.redis = snapshot.redis.map((one, index) =>
          index === 2 ? { ...one, facts: null, problem: 'No answer.' } : one,
        )
      },
      /^The clients of redis-3 are unknown\.$/,
    ],
    [
      'a password that differs on a single Redis is set',
      'wrong-password',
      (snapshot) => {
        liveUser(redis(snapshot, 1), 'app').passwordHashes = ['0'.repeat(64)]
      },
      null,
    ],
    [
      'a password that differs on every Redis is not set, because the secrets may be outdated',
      'wrong-password',
      (snapshot) => {
        for (const index of [0, 1, 2])
          liveUser(redis(snapshot, index), 'app').passwordHashes = ['0'.repeat(64)]
      },
      /^Most of the other processes do not have the planned password of "app" either/,
    ],
    [
      'rights of monitoring are not removed while it is connected',
      'user-missing-or-widened',
      (snapshot) => {
        liveUser(redis(snapshot, 1), 'metrics').rules.push('+config|get')
        redis(snapshot, 1).clients.push({ user: 'metrics', name: '', host: '10.1.2.8' })
      },
      /^Clients on 10\.1\.2\.8 are connected as this user/,
    ],
    [
      'rights of the library are removed, because it never uses more than the planned ones',
      'user-missing-or-widened',
      (snapshot) => {
        liveUser(redis(snapshot, 1), 'app').rules.push('+flushall')
      },
      null,
    ],
    [
      'a password of the replicas is not set if another Redis does not accept it',
      'wrong-password',
      (snapshot) => {
        redis(snapshot, 1).knowsReplicaPassword = false
        redis(snapshot, 0).acl.logins = { replica: 'WRONGPASS' }
      },
      /^redis-1 does not accept the planned password of "replica"/,
    ],
    [
      'a password of the Sentinels is not set if another Sentinel does not accept it',
      'wrong-password',
      (snapshot) => {
        sentinel(snapshot, 1).knowsPeerPassword = false
        sentinel(snapshot, 2).acl.logins = {}
      },
      /^sentinel-3 does not accept the planned password of "peer"/,
    ],
    [
      'Sentinels are not made to forget a replica that still follows the primary',
      'stale-replicas-known',
      (snapshot) => {
        sentinel(snapshot, 0).replicas.push({
          at: '10.1.2.50:6379',
          host: '10.1.2.50',
          port: 6379,
          flags: [],
        })
        redis(snapshot, 0).replication.replicas.push({ address: '10.1.2.50:6379', offset: 1, lagSeconds: 0 })
      },
      /^10\.1\.2\.50:6379 still follows the primary/,
    ],
    [
      'Sentinels are not reset while one of them marks the primary as down',
      'stale-replicas-known',
      (snapshot) => {
        sentinel(snapshot, 0).replicas.push({
          at: '10.1.2.50:6379',
          host: '10.1.2.50',
          port: 6379,
          flags: [],
        })
        sentinel(snapshot, 1).findsItDown = true
      },
      /sentinel-2 marks the primary as down/,
    ],
    [
      'timings are not set while a failover is under way',
      'timings-drifted',
      (snapshot) => {
        sentinel(snapshot, 0).failoverTimeoutMs = 7000
        sentinel(snapshot, 1).failingOver = true
      },
      /A failover is under way/,
    ],
    [
      'a pause is not ended while a switchover may be under way',
      'writes-paused',
      (snapshot) => {
        redis(snapshot, 0).writesWait = true
        redis(snapshot, 1).config['replica-priority'] = '50'
      },
      /A switchover may be under way/,
    ],
  ])('%s', (_, check, change, expected) => {
    const found = objection(check, change)
    if (expected === null) expect(found).toBeNull()
    else expect(found).toMatch(expected)
  })

  it('a setting that decides who can connect has no fix, only an advice', () => {
    const snapshot = snapshotInUse()
    Object.assign(redis(snapshot, 1).config, { bind: '10.1.2.99', 'protected-mode': 'no' })
    const findings = findingsIn(snapshot, CHECKS)
    expect(findings.map(({ check, fix }) => ({ check, fix }))).toEqual([
      { check: 'settings-drifted', fix: undefined },
      { check: 'settings-drifted', fix: undefined },
    ])
    for (const { mend } of findings) {
      expect(mend).toMatch(/^When every client/)
      expect(mend).toContain('\nOne host at a time, replicas first.')
    }
  })
})
