import { TEST_USERS } from '@holdfast/testing'
import { beforeAll, expect, test } from 'vitest'
import { encodeRecord } from '../../src/record/codec.ts'
import type { TokenRecord } from '../../src/record/record.ts'
import { Connection, type Reply } from '../../src/redis/connection.ts'
import { SCRIPTS } from '../../src/scripts/scripts.ts'
import { readEnded } from '../../src/store/commands.ts'
import { FUTURE_MS } from '../record/arbitraries.ts'
import { groupOfThisFile } from '../support.ts'

const group = groupOfThisFile()
let connection: Connection

beforeAll(async () => {
  const { address } = await group().primary()
  connection = await Connection.open({ address, ...TEST_USERS.admin })
  await connection.send(['SCRIPT', 'LOAD', SCRIPTS.revokeSubject.source], 5000)
  return () => connection.close()
})

const PREFIX = 'hf:{000}:t:'
const run = (...args: (string | Buffer)[]) => connection.send(args, 5000)

/** The digests of the sessions that were live until now. */
async function revoke(index: string, except = ''): Promise<string[]> {
  const reply = await run('EVALSHA', SCRIPTS.revokeSubject.sha, '1', index, PREFIX, except, '60000')
  return readEnded(reply)
    .flatMap(({ digest, wasLive }) => (wasLive ? [digest] : []))
    .sort()
}

function texts(reply: Reply): string[] {
  return Array.isArray(reply) ? reply.map(String).sort() : []
}

async function put(index: string, digest: string, record: TokenRecord | Buffer): Promise<void> {
  const bytes = Buffer.isBuffer(record) ? record : encodeRecord(record)
  await run('SET', PREFIX + digest, bytes, 'PXAT', String(FUTURE_MS))
  await run('ZADD', index, '1', digest)
}

const live = (payload = 'payload:with:colons'): TokenRecord => ({
  state: 'live',
  version: 12,
  issuedAtMs: 1,
  idleUntilMs: FUTURE_MS - 5,
  expiresAtMs: FUTURE_MS + 123,
  payload: Buffer.from(payload),
})

test('every live session becomes its tombstone, kept past its absolute end, and is reported', async () => {
  const index = 'hf:{000}:s:all'
  for (const digest of ['a', 'b']) await put(index, digest, live())
  expect(await revoke(index)).toEqual(['a', 'b'])
  for (const digest of ['a', 'b']) {
    expect(String(await run('GET', PREFIX + digest))).toBe(`1R${(FUTURE_MS + 123).toString(36)}`)
    expect(await run('PEXPIRETIME', PREFIX + digest)).toBe(FUTURE_MS + 123 + 60_000)
  }
  expect(texts(await run('ZRANGE', index, '0', '-1'))).toEqual(['a', 'b'])
})

test('a second time it ends nothing and changes nothing', async () => {
  const index = 'hf:{000}:s:again'
  await put(index, 'again', live())
  await revoke(index)
  const before = await run('PEXPIRETIME', `${PREFIX}again`)
  expect(await revoke(index)).toEqual([])
  expect(await run('PEXPIRETIME', `${PREFIX}again`)).toBe(before)
})

test('the excepted session and those of others are left alone', async () => {
  const index = 'hf:{000}:s:except'
  for (const digest of ['mine', 'other']) await put(index, digest, live())
  await put('hf:{000}:s:somebody', 'theirs', live())
  expect(await revoke(index, 'mine')).toEqual(['other'])
  expect(await run('GET', `${PREFIX}mine`)).toEqual(encodeRecord(live()))
  expect(await run('GET', `${PREFIX}theirs`)).toEqual(encodeRecord(live()))
})

test('what is revoked already, has gone, or is of another format is passed over', async () => {
  const index = 'hf:{000}:s:mixed'
  await put(index, 'dead', { state: 'revoked', expiresAtMs: FUTURE_MS + 7 })
  await put(index, 'newer', Buffer.from('2L1:2:3:4:x'))
  await put(index, 'alive', live('1R5\n1L1:2:3:4:'))
  await run('ZADD', index, '1', 'gone')
  expect(await revoke(index)).toEqual(['alive'])
  expect(String(await run('GET', `${PREFIX}dead`))).toBe(`1R${(FUTURE_MS + 7).toString(36)}`)
  expect(String(await run('GET', `${PREFIX}newer`))).toBe('2L1:2:3:4:x')
})

test('a subject without sessions is no error', async () => {
  expect(await revoke('hf:{000}:s:nobody')).toEqual([])
})
