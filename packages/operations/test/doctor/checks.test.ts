import { readFile } from 'node:fs/promises'
import { parseRedisConf } from '@holdfast/agent/redis/config-lines'
import { REDIS_SETTINGS } from '@holdfast/site/file/site'
import { ENGINES, exampleSite, renderExample } from '@holdfast/testing/hosts/example-site'
import { FIXED_SECRETS } from '@holdfast/testing/local/fixed-secrets'
import { describe, expect, it } from 'vitest'
import { CHECKS } from '../../src/doctor/checks/index.ts'
import { findingsIn } from '../../src/doctor/examine.ts'
import type { Snapshot } from '../../src/doctor/snapshot.ts'
import { healthySnapshot, redisFacts as redis } from '../support/healthy-snapshot.ts'
import { FAULTS_BY_HAND } from './support/faults-by-hand.ts'

const found = (change: (snapshot: Snapshot) => void) => {
  const snapshot = healthySnapshot()
  change(snapshot)
  return findingsIn(snapshot, CHECKS).map(({ check, subject }) => `${check}: ${subject}`)
}

it('each check has a unique id', () => {
  expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length)
})

it.each(['README.md', 'CHANGELOG.md'])('%s says how many checks there are', async (page) => {
  const text = await readFile(new URL(`../../../../${page}`, import.meta.url), 'utf8')
  expect(text.match(/\b\d+ checks\b/g)).toEqual([`${CHECKS.length} checks`])
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
  it.each(FAULTS_BY_HAND)('the checks find %s', (_, change, expected) => {
    expect(found(change)).toEqual(expected)
  })
})

it('an advice about connections raises the limit, and has no fix', () => {
  const snapshot = healthySnapshot()
  Object.assign(redis(snapshot, 0).info, { connected_clients: '18000' })
  redis(snapshot, 0).config['maxclients'] = '20000'
  const [finding] = findingsIn(snapshot, CHECKS)
  expect(finding).toMatchObject({
    check: 'connections-nearly-used-up',
    mend: expect.stringContaining('CONFIG SET maxclients 36000'),
  })
  expect(finding?.fix).toBeUndefined()
})

it('a Redis that is safer in a power failure than planned is a finding without a fix', () => {
  const snapshot = healthySnapshot()
  redis(snapshot, 1).config['appendfsync'] = 'always'
  const [finding] = findingsIn(snapshot, CHECKS)
  expect(finding).toMatchObject({ check: 'settings-drifted', subject: 'redis-2' })
  expect(finding?.fix).toBeUndefined()
})

it('a replica that never had a link is told to have had none since it started', () => {
  const snapshot = healthySnapshot()
  redis(snapshot, 2).replication.linkUp = false
  Object.assign(redis(snapshot, 2).info, { master_link_down_since_seconds: '-1' })
  expect(findingsIn(snapshot, CHECKS)).toMatchObject([
    {
      check: 'replica-link-down',
      evidence: expect.stringMatching(/ has been down since it started\.$/),
      mend: expect.stringContaining('df -h'),
    },
  ])
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
