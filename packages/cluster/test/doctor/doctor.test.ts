import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection, MARK_KEY } from '@holdfast/tokens/redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Diagnosis, examine, heal, mend } from '../../src/index.ts'
import { findProgram } from '../../src/preflight/programs.ts'
import type { Secrets } from '../../src/secrets/secrets.ts'
import { writePrivate } from '../../src/state/private-file.ts'
import { eventually, TestDataCentre } from '../support/data-centre.ts'

const NETWORK = '127.0.72'
const NOWHERE = `${NETWORK}.99`

let dc: TestDataCentre
let secrets: Secrets
/** A replica that nobody planned. */
let stray: ChildProcess | undefined
/** Addresses, as they are when a fault is planted. */
let primary = ''
let replica = ''

beforeAll(async () => {
  dc = await TestDataCentre.create({ network: NETWORK })
  await dc.start()
  secrets = JSON.parse(await readFile(join(dc.stateDir, 'secrets.json'), 'utf8'))
  await dc.onDisk()
})

afterAll(async () => {
  stray?.kill('SIGKILL')
  await dc.remove()
})

const hosts = () => dc.topology.dataHosts.map(({ host }) => host)
const nameOf = (kind: string, host: string) => `${kind}-${hosts().indexOf(host) + 1}`
const fileOf = (...path: string[]) => join(dc.stateDir, ...path)

const found = async () => (await examine({ stateDir: dc.stateDir })).findings
const ids = (findings: readonly Diagnosis[]) => [...new Set(findings.map(({ check }) => check))].sort()

/** Small waits only: what is planted and undone settles within a few seconds. */
const isWell = () => eventually(async () => expect((await found()).map(brief)).toEqual([]))
/** What was denied while a fault stood, and stands in the logs, is forgotten. */
const isWellAgain = () =>
  eventually(async () => {
    await forgetDenials()
    expect((await found()).map(brief)).toEqual([])
  })
const brief = ({ check, subject, evidence }: Diagnosis) => `${check}: ${subject}: ${evidence}`

const set = (host: string, name: string, value: string) => dc.ask(host, ['CONFIG', 'SET', name, value])
const onAllSentinels = (...command: string[]) =>
  Promise.all(hosts().map((host) => dc.askSentinel(host, command)))
const forgetDenials = () =>
  Promise.all(
    hosts().flatMap((host) =>
      [dc.ask, dc.askSentinel].map((ask) => ask.call(dc, host, ['ACL', 'LOG', 'RESET'])),
    ),
  )
const follow = (host: string, whom: string) => dc.ask(host, ['REPLICAOF', whom, '6379'])

/** Lets one Sentinel watch another Redis as the primary. */
async function monitor(sentinel: string, redis: string) {
  const { primaryName: name, timings } = dc.topology
  await dc.askSentinel(
    sentinel,
    ['SENTINEL', 'REMOVE', name],
    ['SENTINEL', 'MONITOR', name, redis, '6379', '2'],
    ['SENTINEL', 'SET', name, 'auth-user', 'sentinel', 'auth-pass', secrets.sentinel],
    ['SENTINEL', 'SET', name, 'down-after-milliseconds', String(timings.downAfterMs)],
    ['SENTINEL', 'SET', name, 'failover-timeout', String(timings.failoverTimeoutMs)],
  )
}

it('finds nothing in a healthy data centre', async () => {
  await dc.whole()
  await isWell()
})

interface Fault {
  id: string
  /** How it is planted. */
  by: string
  plant: () => Promise<unknown>
  /** None: it is mended by `--fix`. */
  undo?: () => Promise<unknown>
  /** Findings that may stand beside it while Sentinel reacts. */
  beside?: string[]
}

const FAULTS: Fault[] = [
  {
    id: 'node-down',
    by: 'SIGSTOP of a replica',
    plant: () => dc.control.signal(nameOf('redis', replica), 'SIGSTOP'),
    undo: () => dc.control.signal(nameOf('redis', replica), 'SIGCONT'),
  },
  {
    id: 'gateway-down',
    by: 'SIGSTOP of a gateway',
    plant: () => dc.control.signal('gateway-2', 'SIGSTOP'),
    undo: () => dc.control.signal('gateway-2', 'SIGCONT'),
  },
  {
    id: 'process-restarting',
    by: 'a broken configuration of a gateway, and a kill',
    plant: async () => {
      broken = await readFile(fileOf('gateway-3', 'gateway.json'), 'utf8')
      await writeFile(fileOf('gateway-3', 'gateway.json'), '{')
      await dc.control.signal('gateway-3', 'SIGKILL')
      await eventually(async () => {
        const { processes } = await dc.control.status()
        const gateway = processes.find(({ name }) => name === 'gateway-3')
        expect(gateway?.restarts).toBeGreaterThan(2)
        expect(gateway?.state).toBe('backoff')
      })
    },
    undo: () => writeFile(fileOf('gateway-3', 'gateway.json'), broken),
  },
  {
    id: 'two-primaries',
    by: 'REPLICAOF NO ONE on a replica, twice',
    // Of a history that does not continue the primary's: else the watchdog takes it for elected, and ends the one of two.
    plant: () =>
      dc.ask(replica, ['REPLICAOF', 'NO', 'ONE'], ['REPLICAOF', NOWHERE, '6379'], ['REPLICAOF', 'NO', 'ONE']),
    undo: () => follow(replica, primary),
  },
  {
    id: 'no-primary',
    by: 'REPLICAOF on the primary',
    plant: () => follow(primary, replica),
    undo: () => dc.ask(primary, ['REPLICAOF', 'NO', 'ONE']),
    beside: ['replica-link-down', 'too-few-replicas-known'],
  },
  {
    id: 'replica-of-itself',
    by: 'REPLICAOF its own address',
    plant: () => follow(replica, replica),
    undo: () => follow(replica, primary),
  },
  {
    id: 'replica-link-down',
    by: 'REPLICAOF an address where nobody is',
    plant: () => follow(replica, NOWHERE),
    undo: () => follow(replica, primary),
  },
  {
    id: 'sentinels-disagree',
    by: 'SENTINEL MONITOR of a replica',
    plant: () => monitor(replica, replica),
    undo: () => monitor(replica, primary),
  },
  {
    id: 'too-few-sentinels-known',
    by: 'a reset of a Sentinel while nobody announces himself',
    plant: async () => {
      await onAllSentinels('SENTINEL', 'DEBUG', 'publish-period', '60000')
      await sleep(100)
      await dc.askSentinel(replica, ['SENTINEL', 'RESET', dc.topology.primaryName])
    },
    undo: () => onAllSentinels('SENTINEL', 'DEBUG', 'publish-period', '1000'),
    beside: ['too-few-replicas-known'],
  },
  {
    id: 'sentinel-cannot-reach',
    by: 'a wrong auth-pass of a Sentinel',
    plant: async () => {
      const { primaryName, timings } = dc.topology
      await dc.askSentinel(replica, ['SENTINEL', 'SET', primaryName, 'auth-pass', 'wrong'])
      await sleep(timings.downAfterMs + 1500)
    },
    undo: async () => {
      await dc.askSentinel(replica, [
        'SENTINEL',
        'SET',
        dc.topology.primaryName,
        'auth-pass',
        secrets.sentinel,
      ])
    },
    beside: ['acl-denials'],
  },
  {
    id: 'failover-slower-than-clients-wait',
    by: 'down-after 60 s at all Sentinels',
    plant: () =>
      onAllSentinels('SENTINEL', 'SET', dc.topology.primaryName, 'down-after-milliseconds', '60000'),
  },
  {
    id: 'timings-drifted',
    by: 'another failover-timeout at one Sentinel',
    plant: () =>
      dc.askSentinel(primary, ['SENTINEL', 'SET', dc.topology.primaryName, 'failover-timeout', '7000']),
  },
  {
    id: 'quorum-not-majority',
    by: 'quorum 3',
    plant: () => dc.askSentinel(primary, ['SENTINEL', 'SET', dc.topology.primaryName, 'quorum', '3']),
  },
  {
    id: 'names-mixed-with-addresses',
    by: 'a host name as replica-announce-ip',
    plant: () => set(replica, 'replica-announce-ip', 'localhost'),
  },
  { id: 'priority-changed', by: 'replica-priority 1', plant: () => set(replica, 'replica-priority', '1') },
  { id: 'priority-zero', by: 'replica-priority 0', plant: () => set(replica, 'replica-priority', '0') },
  {
    id: 'backlog-above-buffer-limit',
    by: 'a small output buffer for replicas',
    plant: () => set(primary, 'client-output-buffer-limit', 'replica 32mb 16mb 60'),
  },
  {
    id: 'settings-drifted',
    by: 'another repl-timeout',
    plant: () => set(replica, 'repl-timeout', '60'),
  },
  {
    id: 'min-replicas-off',
    by: 'min-replicas-to-write 0',
    plant: () => set(primary, 'min-replicas-to-write', '0'),
  },
  { id: 'eviction-policy', by: 'allkeys-lru', plant: () => set(primary, 'maxmemory-policy', 'allkeys-lru') },
  { id: 'no-memory-limit', by: 'maxmemory 0', plant: () => set(replica, 'maxmemory', '0') },
  { id: 'no-persistence', by: 'appendonly no', plant: () => set(replica, 'appendonly', 'no') },
  {
    id: 'memory-nearly-full',
    by: 'maxmemory just above what is used',
    plant: async () => {
      const [info = ''] = await dc.ask(replica, ['INFO', 'memory'])
      await set(replica, 'maxmemory', String(Math.round(1.1 * Number(/used_memory:(\d+)/.exec(info)?.[1]))))
    },
    undo: () => set(replica, 'maxmemory', '256mb'),
    beside: ['memory-limit-drifted'],
  },
  {
    id: 'writes-paused',
    by: 'CLIENT PAUSE on a replica',
    plant: () => dc.ask(replica, ['CLIENT', 'PAUSE', '60000', 'WRITE']),
  },
  {
    id: 'data-lost',
    by: 'a deleted mark',
    plant: () => dc.ask(primary, ['DEL', MARK_KEY]),
    undo: () => dc.ask(primary, ['SET', MARK_KEY, secrets.mark]),
  },
  {
    id: 'foreign-mark',
    by: 'another mark',
    plant: () => dc.ask(primary, ['SET', MARK_KEY, 'f'.repeat(32)]),
    undo: () => dc.ask(primary, ['SET', MARK_KEY, secrets.mark]),
  },
  {
    id: 'wrong-password',
    by: 'another password of the application',
    plant: () => dc.ask(replica, ['ACL', 'SETUSER', 'app', 'resetpass', '>another']),
  },
  {
    id: 'wrong-password',
    by: 'another password of the admin',
    // On a connection that stands, and by which it can be undone.
    plant: () => dc.ask(replica, ['ACL', 'SETUSER', 'admin', 'resetpass', '>another']),
    undo: () =>
      dc.ask(replica, ['ACL', 'SETUSER', 'admin', 'resetpass', `>${secrets.admin}`], ['ACL', 'LOG', 'RESET']),
  },
  {
    id: 'wrong-password',
    by: 'another masterauth',
    plant: () => set(replica, 'masterauth', 'another'),
  },
  {
    id: 'wrong-password',
    by: 'a user of a Sentinel that is off',
    plant: () => dc.askSentinel(replica, ['ACL', 'SETUSER', 'app', 'off']),
  },
  {
    id: 'wrong-password',
    by: 'another sentinel-pass',
    plant: () => dc.askSentinel(replica, ['SENTINEL', 'CONFIG', 'SET', 'sentinel-pass', 'another']),
  },
  {
    id: 'default-user-on',
    by: 'ACL SETUSER default on',
    plant: () => dc.ask(replica, ['ACL', 'SETUSER', 'default', 'on', 'nopass']),
  },
  {
    id: 'default-user-without-rights',
    by: 'a user default that is off and may do nothing',
    plant: () => dc.ask(replica, ['ACL', 'SETUSER', 'default', 'reset']),
  },
  {
    id: 'user-missing-or-widened',
    by: 'a user with more rights',
    plant: () => dc.ask(primary, ['ACL', 'SETUSER', 'metrics', '+get', '~*']),
  },
  {
    id: 'user-missing-or-widened',
    by: 'a deleted user',
    plant: () => dc.ask(primary, ['ACL', 'DELUSER', 'metrics']),
  },
  {
    id: 'user-missing-or-widened',
    by: 'an unknown user',
    plant: () => dc.ask(primary, ['ACL', 'SETUSER', 'mallory', 'on', '>secret', '+@all']),
    undo: () => dc.ask(primary, ['ACL', 'DELUSER', 'mallory']),
  },
  {
    id: 'acl-denials',
    by: 'a command that the user may not send',
    plant: async () => {
      const address = { host: primary, port: 6379 }
      const line = await Connection.open({ address, username: 'metrics', password: secrets.metrics })
      await line.send(['SET', 'x', 'y'], 1000).catch(() => {})
      line.close()
    },
    undo: forgetDenials,
  },
  {
    id: 'config-not-writable',
    by: 'chmod 0500 of the folder of a Sentinel',
    plant: () => chmod(fileOf('sentinel-2'), 0o500),
  },
  {
    id: 'secrets-readable',
    by: 'chmod 0644 of the secrets',
    plant: () => chmod(fileOf('secrets.json'), 0o644),
  },
  {
    id: 'certificate-rotation-unfinished',
    by: 'the journal of a rotation that was killed',
    plant: () => writePrivate(fileOf('certificate-rotation.json'), '{ "issued": { "redis-1": "AB:CD" } }'),
    undo: () => rm(fileOf('certificate-rotation.json')),
  },
  {
    id: 'keyring-rotation-unfinished',
    by: 'a key that was being brought in',
    plant: () => writePrivate(fileOf('keyring-history.json'), '{ "next": "k2", "retired": {} }'),
    undo: () => rm(fileOf('keyring-history.json')),
  },
  {
    id: 'secret-too-old',
    by: 'a limit that the site has lowered',
    plant: async () => {
      topologyBefore = await readFile(fileOf('topology.json'), 'utf8')
      const topology = JSON.parse(topologyBefore)
      topology.rotation.usersDays = 0
      const rotatedAt = { metrics: new Date(Date.now() - 2 * 86_400_000).toISOString() }
      await writePrivate(fileOf('topology.json'), JSON.stringify(topology))
      await writePrivate(fileOf('secrets.json'), JSON.stringify({ ...secrets, rotatedAt }))
    },
    undo: async () => {
      await writePrivate(fileOf('topology.json'), topologyBefore)
      await writePrivate(fileOf('secrets.json'), JSON.stringify(secrets))
    },
  },
]

let broken = ''
let topologyBefore = ''

describe('finds what was planted, and only that:', () => {
  it.each(FAULTS.map((fault) => [fault.id, fault.by, fault] as const))('%s, by %s', async (id, _, fault) => {
    primary = (await dc.whole()).host
    replica = hosts().findLast((host) => host !== primary) ?? ''
    await fault.plant()
    const findings = await found()
    const outcomes = fault.undo === undefined ? await mend({ stateDir: dc.stateDir }, findings) : null
    await fault.undo?.()
    await isWellAgain()
    expect(ids(findings)).toContain(id)
    expect(ids(findings).filter((other) => other !== id && !fault.beside?.includes(other))).toEqual([])
    expect(JSON.stringify(findings)).not.toContain(secrets.admin)
    if (outcomes !== null) {
      expect(outcomes.map(({ finding, problem }) => ({ check: finding.check, problem }))).toEqual(
        findings.map(({ check }) => ({ check, problem: null })),
      )
    }
  })
})

// INV-OPERATIONS-23.
it('changes nothing that a process could not save, so that no fix is half done', async () => {
  primary = (await dc.whole()).host
  replica = hosts().findLast((host) => host !== primary) ?? ''
  const folder = fileOf(nameOf('redis', replica))
  await set(replica, 'repl-timeout', '60')
  await dc.ask(replica, ['ACL', 'SETUSER', 'metrics', '+get', '~*'])
  const findings = await found()
  await rename(folder, `${folder}.away`)
  const outcomes = await mend({ stateDir: dc.stateDir }, findings).finally(() =>
    rename(`${folder}.away`, folder),
  )
  expect(outcomes).toHaveLength(2)
  for (const { problem } of outcomes) expect(problem).toMatch(/^Nothing was changed, because/)
  expect(ids(await found())).toEqual(['settings-drifted', 'user-missing-or-widened'])
  await mend({ stateDir: dc.stateDir }, await found())
  await isWellAgain()
})

it('does not call mended what is found again afterwards', async () => {
  primary = (await dc.whole()).host
  replica = hosts().findLast((host) => host !== primary) ?? ''
  let isOn = true
  const other = (async () => {
    while (isOn) {
      await set(replica, 'repl-timeout', '60')
      await sleep(5)
    }
  })()
  const { outcomes, report } = await heal({ stateDir: dc.stateDir })
  isOn = false
  await other
  expect(outcomes.map(({ problem }) => problem)).toEqual([
    'It was done, and is found again: repl-timeout is "60" instead of "10".',
  ])
  expect(ids(report.findings)).toEqual(['settings-drifted'])
  await mend({ stateDir: dc.stateDir }, await found())
  await isWellAgain()
}, 30_000)

it('finds a Sentinel and a replica that are gone and still known, and lets the Sentinels forget them', async () => {
  primary = (await dc.whole()).host
  const hello = [NOWHERE, '26379', 'f'.repeat(40), '0', dc.topology.primaryName, primary, '6379', '0']
  stray = startStray()
  await eventually(async () => {
    await dc.ask(primary, ['PUBLISH', '__sentinel__:hello', hello.join(',')])
    expect(ids(await found())).toEqual(['stale-replicas-known', 'stale-sentinels-known'])
  })
  stray.kill('SIGKILL')
  await once(stray, 'exit')
  await eventually(async () =>
    expect((await dc.ask(primary, ['INFO', 'replication'])).join()).toMatch(/connected_slaves:2/),
  )
  const outcomes = await mend({ stateDir: dc.stateDir }, await found())
  expect(outcomes.map(({ problem }) => problem)).toEqual([null, null])
  await isWellAgain()
}, 60_000)

function startStray(): ChildProcess {
  const child = spawn(findProgram('redis-server'), ['-'], { stdio: ['pipe', 'ignore', 'ignore'] })
  child.stdin?.end(
    `bind ${NETWORK}.50\nport 6379\nsave ""\nappendonly no\ndir /tmp\nreplicaof ${primary} 6379\n` +
      `masteruser replica\nmasterauth ${secrets.replica}\nreplica-priority 0\nreplica-announce-ip ${NETWORK}.50\n`,
  )
  return child
}

// INV-OPERATIONS-24.
it('tells of a failover while it is under way, and mends nothing meanwhile', async () => {
  primary = (await dc.whole()).host
  replica = hosts().find((host) => host !== primary) ?? ''
  await set(replica, 'replica-priority', '50')
  await dc.askSentinel(replica, ['SENTINEL', 'FAILOVER', dc.topology.primaryName])
  const findings = await eventually(async () => {
    const now = await found()
    expect(ids(now)).toEqual(expect.arrayContaining(['failover-under-way', 'priority-changed']))
    return now
  }, 8000)
  const outcomes = await mend({ stateDir: dc.stateDir }, findings)
  expect(outcomes.map(({ problem }) => problem)).not.toContain(null)
  await dc.whole()
  await mend({ stateDir: dc.stateDir }, await found())
  await isWellAgain()
})

it('finds a Sentinel that hangs, and its TILT when it goes on', async () => {
  await dc.whole()
  // TILT lasts for a second: on a busy machine a look may come too late, and the Sentinel is stopped once more.
  await eventually(async () => {
    await dc.control.signal('sentinel-3', 'SIGSTOP')
    try {
      await sleep(1000)
      expect(ids(await found())).toEqual(['sentinel-down'])
      await sleep(1000)
    } finally {
      await dc.control.signal('sentinel-3', 'SIGCONT')
    }
    expect(ids(await found())).toContain('tilt')
  })
})
