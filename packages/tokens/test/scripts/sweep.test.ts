import { TEST_USERS } from '@holdfast/testing'
import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { encodeRecord } from '../../src/record/codec.ts'
import type { TokenRecord } from '../../src/record/record.ts'
import { Connection, type Reply } from '../../src/redis/connection.ts'
import { SCRIPTS } from '../../src/scripts/scripts.ts'

const group = groupOfThisFile()
const NOW_MS = 1_800_000_000_000
const MARGIN_MS = 60_000
const STEP_MS = 200
const REST_MS = 60_000
const INDEX = 'hf:{000}:s:abc'

let app: Connection
let admin: Connection

beforeAll(async () => {
  const { address } = await group().primary()
  app = await Connection.open({ address, ...TEST_USERS.app })
  admin = await Connection.open({ address, ...TEST_USERS.admin })
  await app.send(['SCRIPT', 'LOAD', SCRIPTS.sweep.source], 5000)
  return () => {
    app.close()
    admin.close()
  }
})

const run = (...args: (string | Buffer)[]) => admin.send(args, 5000)

beforeEach(async () => {
  const mark = await run('GET', 'hf:mark')
  await run('FLUSHALL')
  await run('SET', 'hf:mark', Buffer.isBuffer(mark) ? mark : '')
})

/** As the user of the application. */
function step(nowMs = NOW_MS, keys = 1000): Promise<Reply> {
  const args = [nowMs, MARGIN_MS, keys, STEP_MS, REST_MS].map(String)
  return app.send(['EVALSHA', SCRIPTS.sweep.sha, '1', 'hf:sweep', ...args], 5000)
}

const live = (idleUntilMs: number, expiresAtMs: number): TokenRecord => {
  return {
    state: 'live',
    version: 1,
    issuedAtMs: 1000,
    idleUntilMs,
    expiresAtMs,
    payload: Buffer.from(':1R0'),
  }
}
const put = (name: string, record: TokenRecord) => run('SET', `hf:{000}:t:${name}`, encodeRecord(record))

async function names(): Promise<string[]> {
  const keys = await run('KEYS', 'hf:{000}:t:*')
  return Array.isArray(keys) ? keys.map((key) => String(key).slice('hf:{000}:t:'.length)).sort() : []
}

// INV-TOKENS-8.
test('a step removes sessions and tombstones that ended longer than the margin ago, and nothing else', async () => {
  const ended = NOW_MS - MARGIN_MS
  await put('idle-ended', live(ended, NOW_MS + 1))
  await put('idle-within-margin', live(ended + 1, NOW_MS + 1))
  await put('ended', live(ended, ended))
  await put('in-use', live(NOW_MS + 1, NOW_MS + 2))
  await put('tombstone-ended', { state: 'revoked', expiresAtMs: ended })
  await put('tombstone', { state: 'revoked', expiresAtMs: ended + 1 })
  await run('SET', 'hf:{000}:t:unreadable', '9L-of a later version')
  await run('SET', 'hf:{000}:a:attempts', '1R0')
  await run('SET', 'other:{000}:t:key', '1R0')
  await run(
    'ZADD',
    INDEX,
    String(ended),
    'ended',
    String(ended + 1),
    'tombstone',
    String(NOW_MS + 2),
    'in-use',
  )
  expect(await step()).toEqual([1, REST_MS])
  expect(await names()).toEqual(['idle-within-margin', 'in-use', 'tombstone', 'unreadable'])
  const listed = await run('ZRANGE', INDEX, '0', '-1')
  expect(Array.isArray(listed) && listed.map(String)).toEqual(['tombstone', 'in-use'])
  expect(await run('EXISTS', 'hf:{000}:a:attempts', 'other:{000}:t:key', 'hf:mark')).toBe(3)
})

test('external sessions and registers are removed after their end in the same way', async () => {
  const ended = NOW_MS - MARGIN_MS
  const external = (idleUntilMs: number, expiresAtMs: number): TokenRecord => {
    const part = { writer: 'w', idleVersion: 3, index: null, claims: new Map() }
    return { ...live(idleUntilMs, expiresAtMs), external: part } as TokenRecord
  }
  await put('idle-ended', external(ended, NOW_MS + 1))
  await put('idle-within-margin', external(ended + 1, NOW_MS + 1))
  await put('ended', external(NOW_MS + 1, ended))
  await put('within-margin', external(NOW_MS + 1, ended + 1))
  await run('SET', 'hf:{000}:v:ended', encodeRecord(external(ended, ended)))
  await run('SET', 'hf:{000}:v:in-use', encodeRecord(external(NOW_MS, NOW_MS)))
  expect(await step()).toEqual([1, REST_MS])
  expect(await names()).toEqual(['idle-within-margin', 'within-margin'])
  expect(await run('KEYS', 'hf:{000}:v:*')).toEqual([Buffer.from('hf:{000}:v:in-use')])
})

test('a list of which every session has ended is gone', async () => {
  await run('ZADD', INDEX, '1000', 'one', '2000', 'two')
  await step()
  expect(await run('EXISTS', INDEX)).toBe(0)
})

test('a step takes the TTL away that an earlier version gave', async () => {
  await put('with-ttl', live(NOW_MS + 1, NOW_MS + 2))
  await run('PEXPIRE', 'hf:{000}:t:with-ttl', '90000000')
  await run('ZADD', INDEX, String(NOW_MS + 2), 'with-ttl')
  await run('PEXPIRE', INDEX, '90000000')
  await step()
  expect([await run('PTTL', 'hf:{000}:t:with-ttl'), await run('PTTL', INDEX)]).toEqual([-1, -1])
})

test('all callers share one pass: a step is due once, and the next pass after a pause', async () => {
  for (let number = 0; number < 300; number++) await put(`${number}`, live(1000, 1000))
  expect(await step(NOW_MS, 100)).toEqual([1, STEP_MS])
  expect(await step(NOW_MS + 50, 100)).toEqual([0, STEP_MS - 50])
  let nowMs = NOW_MS
  for (let reply: Reply = [1, STEP_MS]; String(reply) === `1,${STEP_MS}`; ) {
    nowMs += STEP_MS
    reply = await step(nowMs, 100)
  }
  expect(await names()).toEqual([])
  expect(await step(nowMs + 1000, 100)).toEqual([0, REST_MS - 1000])
  expect(await step(nowMs + REST_MS, 100)).toEqual([1, REST_MS])
})

test('a time that a clock ahead of this one has left delays no step', async () => {
  await step(NOW_MS + 90_000_000)
  await put('ended', live(1000, 1000))
  expect(await step(NOW_MS)).toEqual([1, REST_MS])
  expect(await names()).toEqual([])
})

test('an older time removes no more than a newer one: a late step does no harm', async () => {
  await put('in-use', live(NOW_MS + 1, NOW_MS + 2))
  await step(NOW_MS - 3_600_000)
  expect(await names()).toEqual(['in-use'])
})
