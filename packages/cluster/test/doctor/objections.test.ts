import { describe, expect, it } from 'vitest'
import { CHECKS } from '../../src/doctor/checks/index.ts'
import { findingsIn } from '../../src/doctor/examine.ts'
import { originOf } from '../../src/doctor/origin.ts'
import type { RedisFacts, SentinelFacts, Snapshot } from '../../src/doctor/snapshot.ts'
import { unexaminedIn } from '../../src/doctor/unexamined.ts'
import { STARTED_WITH } from '../../src/render/host-paths.ts'
import {
  healthySnapshot,
  redisFacts as redis,
  sentinelFacts as sentinel,
} from '../support/healthy-snapshot.ts'

const liveUser = (facts: RedisFacts | SentinelFacts, name: string) => {
  const user = facts.acl.users.find((one) => one.name === name)
  if (!user) throw new Error(`no user ${name}`)
  return user
}

/** A primary with two replicas that follow it closely, and clients of the library. */
function snapshotOfALife(): Snapshot {
  const snapshot = healthySnapshot()
  redis(snapshot, 0).replication.replicas = snapshot.redis
    .slice(1)
    .map(({ at }) => ({ address: at, offset: 5_000_000, lagSeconds: 0 }))
  for (const { facts } of snapshot.redis) {
    facts?.clients.push({ user: 'app', host: '10.1.2.21' })
    if (facts) facts.acl.logins = { replica: null }
  }
  for (const { facts } of snapshot.sentinels) if (facts) facts.acl.logins = { peer: null }
  return snapshot
}

/** What is said against the last fix of the check; null when nothing is. */
function objection(check: string, change: (snapshot: Snapshot) => void): string | null {
  const snapshot = snapshotOfALife()
  change(snapshot)
  const finding = findingsIn(snapshot, CHECKS).findLast((one) => one.check === check && one.fix !== undefined)
  if (finding === undefined) throw new Error(`${check} was not found`)
  // People follow the remedy to the letter, so it says so first.
  expect(finding.mend.startsWith('Not now: ')).toBe(finding.notNow !== undefined)
  return finding.notNow ?? null
}

// INV-OPERATIONS-22.
describe('a fix is judged by what it would do now:', () => {
  it.each<[string, string, (snapshot: Snapshot) => void, RegExp | null]>([
    [
      'a memory limit that is enough',
      'no-memory-limit',
      (snapshot) => {
        redis(snapshot, 1).config['maxmemory'] = '0'
      },
      null,
    ],
    [
      'a memory limit below what another Redis uses',
      'no-memory-limit',
      (snapshot) => {
        redis(snapshot, 1).config['maxmemory'] = '0'
        redis(snapshot, 2).info['used_memory'] = '432000000'
      },
      /^With a limit of 268,435,456 bytes it would refuse logins: .* needs 540,000,000\.$/,
    ],
    [
      'no eviction any more where memory is full',
      'eviction-policy',
      (snapshot) => {
        redis(snapshot, 0).config['maxmemory-policy'] = 'allkeys-lru'
        redis(snapshot, 0).info['used_memory'] = '260000000'
      },
      /raise its maxmemory first/,
    ],
    [
      'a larger backlog where memory is full',
      'settings-drifted',
      (snapshot) => {
        redis(snapshot, 0).config['repl-backlog-size'] = '1048576'
        redis(snapshot, 0).info['used_memory'] = '200000000'
      },
      /The backlog counts as used memory/,
    ],
    [
      'a smaller buffer than a replica fills at present',
      'settings-drifted',
      (snapshot) => {
        redis(snapshot, 0).config['client-output-buffer-limit'] = 'normal 0 0 0 slave 900000000 900000000 60'
        redis(snapshot, 0).info['mem_clients_slaves'] = '500000000'
      },
      /A replica that catches up would be cut off/,
    ],
    [
      'replicas asked for by a primary that has none close by',
      'min-replicas-off',
      (snapshot) => {
        redis(snapshot, 0).config['min-replicas-to-write'] = '0'
        for (const replica of redis(snapshot, 0).replication.replicas) replica.lagSeconds = 9
      },
      /it would refuse every write/,
    ],
    [
      'replicas asked for by a primary that has them',
      'min-replicas-off',
      (snapshot) => {
        redis(snapshot, 0).config['min-replicas-max-lag'] = '0'
      },
      null,
    ],
    [
      'an append-only file on a disk that takes nothing',
      'no-persistence',
      (snapshot) => {
        redis(snapshot, 0).config['appendonly'] = 'no'
        redis(snapshot, 0).info['rdb_last_bgsave_status'] = 'err'
      },
      /see to the disk first/,
    ],
    [
      'another announced name that nobody uses yet',
      'names-mixed-with-addresses',
      (snapshot) => {
        redis(snapshot, 2).config['replica-announce-ip'] = 'red3'
      },
      null,
    ],
    [
      'another announced name by which a Sentinel knows it',
      'names-mixed-with-addresses',
      (snapshot) => {
        redis(snapshot, 2).config['replica-announce-ip'] = 'red3'
        const known = sentinel(snapshot, 1).replicas[1]
        if (known) Object.assign(known, { host: 'red3', at: 'red3:6379' })
      },
      /^sentinel-2 knows a Redis as red3:6379/,
    ],
    [
      'another announced port by which the primary knows it',
      'settings-drifted',
      (snapshot) => {
        redis(snapshot, 2).config['replica-announce-port'] = '6380'
        const known = redis(snapshot, 0).replication.replicas[1]
        if (known) known.address = '10.1.2.13:6380'
      },
      /^redis-1 knows a Redis as 10\.1\.2\.13:6380/,
    ],
    [
      'a default user that nobody is',
      'default-user-on',
      (snapshot) => {
        liveUser(redis(snapshot, 1), 'default').isOn = true
      },
      null,
    ],
    [
      'a default user as which a client is connected to another Redis',
      'default-user-on',
      (snapshot) => {
        liveUser(redis(snapshot, 1), 'default').isOn = true
        redis(snapshot, 0).clients.push({ user: 'default', host: '10.1.2.9' })
      },
      /^Clients on 10\.1\.2\.9 are connected to redis-1 as this user/,
    ],
    [
      'a default user while nobody knows who is connected to one Redis',
      'default-user-on',
      (snapshot) => {
        liveUser(redis(snapshot, 1), 'default').isOn = true
        snapshot.redis = snapshot.redis.map((one, index) =>
          index === 2 ? { ...one, facts: null, problem: 'No answer.' } : one,
        )
      },
      /^It is not known who is connected to redis-3\.$/,
    ],
    [
      'a password that one Redis alone has otherwise',
      'wrong-password',
      (snapshot) => {
        liveUser(redis(snapshot, 1), 'app').passwordHashes = ['0'.repeat(64)]
      },
      null,
    ],
    [
      'a password that all have otherwise: the secrets may be old',
      'wrong-password',
      (snapshot) => {
        for (const index of [0, 1, 2])
          liveUser(redis(snapshot, index), 'app').passwordHashes = ['0'.repeat(64)]
      },
      /^Most of the others do not have the planned password of "app" either/,
    ],
    [
      'fewer rights for monitoring that is connected',
      'user-missing-or-widened',
      (snapshot) => {
        liveUser(redis(snapshot, 1), 'metrics').rules.push('+config|get')
        redis(snapshot, 1).clients.push({ user: 'metrics', host: '10.1.2.8' })
      },
      /^Clients on 10\.1\.2\.8 are connected as this user/,
    ],
    [
      'fewer rights for the library, which asks for no more',
      'user-missing-or-widened',
      (snapshot) => {
        liveUser(redis(snapshot, 1), 'app').rules.push('+flushall')
      },
      null,
    ],
    [
      'a password of the replicas that another Redis does not take',
      'wrong-password',
      (snapshot) => {
        redis(snapshot, 1).knowsReplicaPassword = false
        redis(snapshot, 0).acl.logins = { replica: 'WRONGPASS' }
      },
      /^redis-1 does not take the planned password of "replica"/,
    ],
    [
      'a password of the Sentinels that another one does not take',
      'wrong-password',
      (snapshot) => {
        sentinel(snapshot, 1).knowsPeerPassword = false
        sentinel(snapshot, 2).acl.logins = {}
      },
      /^sentinel-3 does not take the planned password of "peer"/,
    ],
    [
      'that Sentinels forget a replica that still follows the primary',
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
      'that Sentinels forget all while one finds the primary down',
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
      /a failover may begin/,
    ],
    [
      'other timings while a failover is under way',
      'timings-drifted',
      (snapshot) => {
        sentinel(snapshot, 0).failoverTimeoutMs = 7000
        sentinel(snapshot, 1).failingOver = true
      },
      /A failover is under way/,
    ],
    [
      'the end of a pause that a switchover has begun',
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

  it('no setting that decides who can connect is changed without a person', () => {
    const snapshot = snapshotOfALife()
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

describe('what has set up a set is known by the file with which each process was started:', () => {
  function startedWith(change: (snapshot: Snapshot) => void = () => {}): Snapshot {
    const snapshot = { ...healthySnapshot(), supervisor: 'none' as const, unitFiles: STARTED_WITH }
    for (const index of [0, 1, 2]) {
      redis(snapshot, index).info['config_file'] = STARTED_WITH.redis
      sentinel(snapshot, index).configFile = STARTED_WITH.sentinel
    }
    change(snapshot)
    return snapshot
  }

  it.each<[string, Snapshot, boolean, RegExp]>([
    ['`holdfast up`', healthySnapshot(), true, /`holdfast up` has made it/],
    ["Holdfast's units", startedWith(), true, /such as \/var\/lib\/holdfast\/redis\/redis\.conf\.$/],
    [
      'a distribution, with the mark and the users that a person has given it',
      startedWith((snapshot) => {
        redis(snapshot, 1).info['config_file'] = '/etc/redis/redis.conf'
      }),
      false,
      /^redis-2 was started with \/etc\/redis\/redis\.conf, and/,
    ],
    [
      'a container without files',
      startedWith((snapshot) => {
        sentinel(snapshot, 2).configFile = ''
      }),
      false,
      /^sentinel-3 was started with no file/,
    ],
    [
      'nobody knows: nothing could be asked',
      startedWith((snapshot) => {
        for (const one of [...snapshot.redis, ...snapshot.sentinels]) one.facts = null
      }),
      false,
      /^No process could be asked\.$/,
    ],
  ])('%s', (_, snapshot, byHoldfast, because) => {
    expect(originOf(snapshot)).toEqual({ byHoldfast, because: expect.stringMatching(because) })
  })
})

// INV-OPERATIONS-21.
describe('a check that could not look is not examined:', () => {
  const blind = (change: (snapshot: Snapshot) => void) => {
    const snapshot = healthySnapshot()
    change(snapshot)
    return new Map(unexaminedIn(snapshot, CHECKS).map(({ check, because }) => [check, because]))
  }

  it('none where all is seen', () => {
    expect(blind(() => {}).size).toBe(0)
  })

  it('each that asks a Redis that does not answer', () => {
    const found = blind((snapshot) => {
      snapshot.redis = snapshot.redis.map((one, index) =>
        index === 1 ? { ...one, facts: null, problem: 'No answer.' } : one,
      )
    })
    expect(found.get('eviction-policy')).toEqual(['redis-2: No answer.'])
    expect(found.get('default-user-on')).toEqual(['redis-2: No answer.'])
    expect(found.has('tilt')).toBe(false)
    expect(found.has('node-down')).toBe(false)
  })

  it('each that looks at a certificate that was not shown, or asks a supervisor that is gone', () => {
    const found = blind((snapshot) => {
      snapshot.certificatesUnseen = ['redis-3']
      snapshot.supervisor = 'gone'
    })
    expect([...found.keys()]).toEqual([
      'process-restarting',
      'process-held',
      'certificate-ended',
      'certificate-ends-soon',
    ])
  })

  it('that of the passwords when a login was not answered in time: nobody was refused', () => {
    const change = (snapshot: Snapshot) => {
      sentinel(snapshot, 1).acl.unanswered = ['app']
    }
    expect([...blind(change)]).toEqual([
      ['wrong-password', ['sentinel-2 did not answer the login of app in time.']],
    ])
  })

  it('each that compares addresses where processes know each other by names, and nothing is found by it', () => {
    const byName = (snapshot: Snapshot) => {
      for (const index of [0, 1, 2]) sentinel(snapshot, index).primary = 'red1.example:6379'
    }
    const snapshot = healthySnapshot()
    byName(snapshot)
    expect(blind(byName).get('sentinels-disagree')).toEqual([
      'The processes know each other by host names (red1.example), and the plan has addresses.',
    ])
    const found = new Set(findingsIn(snapshot, CHECKS).map(({ check }) => check))
    expect([...found]).toEqual(['names-mixed-with-addresses'])
  })

  it('a Redis that lets the admin in and denies what it asks is told of as a user that is not as planned', () => {
    const snapshot = healthySnapshot()
    snapshot.redis = snapshot.redis.map((one, index) =>
      index === 1 ? { ...one, facts: null, problem: 'NOPERM.', refusal: 'rights' } : one,
    )
    expect(findingsIn(snapshot, CHECKS)).toMatchObject([
      {
        check: 'user-missing-or-widened',
        subject: 'redis-2, user admin',
        mend: expect.stringContaining('One host at a time, replicas first.'),
      },
    ])
  })

  it('one Redis that refuses the password is put right alone; when all refuse it, nothing is to be changed', () => {
    const refusing = (those: readonly number[]) => {
      const snapshot = healthySnapshot()
      const all = [...snapshot.redis, ...snapshot.sentinels]
      for (const index of those)
        Object.assign(all[index] ?? {}, { facts: null, problem: 'WRONGPASS.', refusal: 'password' })
      return findingsIn(snapshot, CHECKS).filter(({ check }) => check === 'wrong-password')
    }
    expect(refusing([1])).toMatchObject([{ mend: expect.stringContaining('One host at a time') }])
    const all = refusing([0, 1, 2, 3, 4, 5])
    expect(all).toHaveLength(6)
    for (const { mend } of all) expect(mend).toMatch(/^Change nothing on the hosts/)
  })
})
