import { TEST_USERS } from '@holdfast/testing'
import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { decodeRecord, encodeRecord } from '../../src/record/codec.ts'
import { merge } from '../../src/record/merge.ts'
import { type LiveRecord, type TokenRecord, tombstone } from '../../src/record/record.ts'
import { Connection, type Reply } from '../../src/redis/connection.ts'
import { SCRIPTS } from '../../src/scripts/scripts.ts'
import { anyRecord, FUTURE_MS, INDEXES, liveRecord } from '../record/arbitraries.ts'

const group = groupOfThisFile()
let connection: Connection
/** One for all: a thousand at once would be refused by a busy machine. */
let admin: Connection
let keys = 0

beforeAll(async () => {
  const { address } = await group().primary()
  connection = await Connection.open({ address, ...TEST_USERS.app })
  admin = await Connection.open({ address, ...TEST_USERS.admin })
  for (const { source, sha } of Object.values(SCRIPTS)) {
    expect(String(await connection.send(['SCRIPT', 'LOAD', source], 5000))).toBe(sha)
  }
  return () => {
    connection.close()
    admin.close()
  }
})

const INDEX = 'hf:{000}:s:index'

/** What merge.lua puts into the index for a key. */
const digestOf = (key: string) => key.slice(key.lastIndexOf(':') + 1)

function newKey(): string {
  keys += 1
  return `hf:{000}:t:${keys}`
}

interface Options {
  index?: string | null
  ifVersion?: number
}

interface Sent extends Options {
  key: string
  bytes: Buffer
}

/** The index that comes with a record: that of a token as given, that of an external session as the record says. */
function sentIndexOf(record: TokenRecord, index: string): string | null {
  if (record.state === 'revoked') return null
  return record.external === undefined ? index : record.external.index
}

async function evalMerges(sent: Sent[]): Promise<Reply[]> {
  const keys = sent.flatMap(({ key, index = INDEX }) => [key, index ?? key])
  const pieces = sent.flatMap(({ bytes, ifVersion = '-' }) => [
    Buffer.from(`${ifVersion} ${bytes.length} `),
    bytes,
    Buffer.from(' '),
  ])
  const args = [Buffer.concat(pieces)]
  const reply = await connection.send(
    ['EVALSHA', SCRIPTS.merge.sha, `${keys.length}`, ...keys, ...args],
    10_000,
  )
  if (!Array.isArray(reply)) throw new Error('The reply is no list.')
  return reply
}

async function send(key: string, record: TokenRecord, options: Options = {}): Promise<Reply> {
  const index = sentIndexOf(record, options.index ?? INDEX)
  const [reply] = await evalMerges([{ ...options, key, index, bytes: encodeRecord(record) }])
  return reply ?? null
}

const read = (...args: string[]) => admin.send(args, 5000)

async function stored(key: string): Promise<TokenRecord | null> {
  const bytes = await read('GET', key)
  return Buffer.isBuffer(bytes) ? decodeRecord(bytes) : null
}

const live: LiveRecord = {
  state: 'live',
  version: 2,
  issuedAtMs: FUTURE_MS - 1000,
  idleUntilMs: FUTURE_MS,
  expiresAtMs: FUTURE_MS + 1000,
  payload: Buffer.from('payload'),
}

// INV-TOKENS-4, INV-TOKENS-60.
test('merge.lua does the same as record/merge.ts on the same random records: bytes, no TTL, index, reply', async () => {
  const cases = fc.sample(fc.array(anyRecord, { minLength: 1, maxLength: 5 }), 400)
  const work = cases.map((records) => ({ records, key: newKey(), index: `hf:{000}:s:${keys}` }))
  const replies = await Promise.all(
    work.flatMap(({ records, key, index }) => records.map((record) => send(key, record, { index }))),
  )
  const membersOf = (key: string, index: string) =>
    (index.startsWith('hf:{000}') ? '' : '000:') + digestOf(key)
  const found = await Promise.all(
    work.map(async ({ key, index }) => ({
      bytes: await read('GET', key),
      ttl: await read('PEXPIRETIME', key),
      scores: await Promise.all(
        [index, ...INDEXES].map((each) => read('ZSCORE', each, membersOf(key, each))),
      ),
    })),
  )
  let reply = 0
  for (const [number, { records, index }] of work.entries()) {
    let joined: TokenRecord | null = null
    const scores = new Map<string, number>()
    for (const record of records) {
      joined = joined === null ? record : merge(joined, record)
      const isExternal = joined.state === 'live' && joined.external !== undefined
      const listedIn = isExternal ? sentIndexOf(joined, index) : sentIndexOf(record, index)
      if (listedIn !== null) scores.set(listedIn, Math.max(scores.get(listedIn) ?? 0, joined.expiresAtMs))
      const expected = encodeRecord(joined).equals(encodeRecord(record)) ? 1 : encodeRecord(joined)
      expect(replies[reply]).toEqual(expected)
      reply += 1
    }
    if (joined === null) throw new Error('no record')
    expect(found[number]).toEqual({
      bytes: encodeRecord(joined),
      ttl: -1,
      scores: [index, ...INDEXES].map((each) => scores.get(each) ?? null),
    })
  }
})

test('payloads are ordered by their bytes, not by a locale', async () => {
  const payloads = ['a', 'A', 'B', 'b', '\xff', '\x7f', '\0', '', 'a\0', '\xe4', 'z'].map((text) =>
    Buffer.from(text, 'latin1'),
  )
  for (const one of payloads) {
    for (const two of payloads) {
      const key = newKey()
      await Promise.all([send(key, { ...live, payload: one }), send(key, { ...live, payload: two })])
      expect(await stored(key)).toEqual(merge({ ...live, payload: one }, { ...live, payload: two }))
    }
  }
})

describe('a guard', () => {
  const next = { ...live, version: 3, payload: Buffer.from('next') }

  test('lets the merge pass while the stored version is the expected one', async () => {
    const key = newKey()
    await send(key, live)
    expect(await send(key, next, { ifVersion: 2 })).toBe(1)
    expect(await stored(key)).toEqual(next)
  })

  test('forbids it when another came first, and answers what is stored', async () => {
    const key = newKey()
    const other = { ...live, version: 3, payload: Buffer.from('other') }
    await send(key, live)
    await send(key, other, { ifVersion: 2 })
    expect(await send(key, next, { ifVersion: 2 })).toEqual(encodeRecord(other))
    expect(await send(key, { ...next, version: 99 }, { ifVersion: 2 })).toEqual(encodeRecord(other))
    expect(await stored(key)).toEqual(other)
  })

  test('lets a repetition pass that finds its own work done', async () => {
    const key = newKey()
    await send(key, live)
    await send(key, next, { ifVersion: 2 })
    expect(await send(key, next, { ifVersion: 2 })).toBe(1)
    expect(await stored(key)).toEqual(next)
  })

  test('says so too when the session was touched in between, and keeps the touch', async () => {
    const key = newKey()
    const touched = { ...next, idleUntilMs: next.idleUntilMs + 5 }
    await send(key, live)
    await send(key, next, { ifVersion: 2 })
    await send(key, touched)
    expect(await send(key, next, { ifVersion: 2 })).toEqual(encodeRecord(touched))
  })

  test('never keeps a tombstone from winning', async () => {
    const key = newKey()
    await send(key, live)
    await send(key, tombstone(live))
    expect(await send(key, next, { ifVersion: 2 })).toEqual(encodeRecord(tombstone(live)))
  })
})

// INV-TOKENS-11.
test('applying any write again, in any order, changes nothing', async () => {
  const records = fc.sample(fc.array(liveRecord, { minLength: 2, maxLength: 4 }), 30)
  for (const writes of records) {
    const key = newKey()
    const all = [...writes, tombstone(writes[0] ?? live)]
    await Promise.all(all.map((record) => send(key, record)))
    const bytes = await read('GET', key)
    await Promise.all([...all].reverse().map((record) => send(key, record)))
    expect(await read('GET', key)).toEqual(bytes)
    expect(bytes).toEqual(encodeRecord(tombstone(writes[0] ?? live)))
  }
})

test('many records in one call are merged each by itself, and each has its answer', async () => {
  const [one, two, three, four] = [newKey(), newKey(), newKey(), newKey()]
  const other = { ...live, version: 9 }
  await send(two, other)
  const replies = await evalMerges([
    { key: one, bytes: encodeRecord(live) },
    { key: two, bytes: encodeRecord(live) },
    { key: three, bytes: Buffer.from('nonsense') },
    { key: two, bytes: encodeRecord({ ...live, version: 10 }), ifVersion: 2 },
    { key: four, index: null, bytes: encodeRecord(tombstone(live)) },
  ])
  expect(replies).toEqual([1, encodeRecord(other), 0, encodeRecord(other), 1])
  expect(await stored(one)).toEqual(live)
  expect(await stored(two)).toEqual(other)
  expect(await stored(three)).toBeNull()
  expect(await stored(four)).toEqual(tombstone(live))
})

test('what is stored afterwards is published in one message', async () => {
  const heard: string[] = []
  const { address } = await group().primary()
  const listener = await Connection.open({ address, ...TEST_USERS.app })
  await listener.subscribe(['hf:feed'], (message) => heard.push(message.toString('latin1')), 1000)
  const [one, two] = [newKey(), newKey()]
  const ended = encodeRecord(tombstone(live)).toString('latin1')
  const bytes = encodeRecord(live).toString('latin1')
  await evalMerges([
    { key: one, bytes: encodeRecord(live) },
    { key: two, index: null, bytes: encodeRecord(tombstone(live)) },
    { key: two, bytes: encodeRecord(live) },
  ])
  await expect
    .poll(() => heard)
    .toEqual([
      `${one} ${INDEX} ${bytes.length} ${bytes} ${two} - ${ended.length} ${ended} ${two} ${INDEX} ${ended.length} ${ended} `,
    ])
  listener.close()
})

// INV-TOKENS-6.
test('a revoked session stays in its index, so that a repeated revocation finds it', async () => {
  const [key, index] = [newKey(), `hf:{000}:s:kept`]
  await send(key, live, { index })
  await send(key, tombstone(live))
  expect(await read('ZRANGE', index, '0', '-1')).toEqual([Buffer.from(digestOf(key))])
})

test('a record that ends before another is written stays in the index, whatever the clock of the writer says', async () => {
  const index = 'hf:{000}:s:kept-by-writers'
  const ending = (expiresAtMs: number) => ({ ...live, issuedAtMs: 1, expiresAtMs, idleUntilMs: expiresAtMs })
  await send('hf:{000}:t:ended', ending(1000), { index })
  await send('hf:{000}:t:later', ending(FUTURE_MS), { index })
  const digests = await read('ZRANGE', index, '0', '-1')
  expect(Array.isArray(digests) && digests.map(String)).toEqual(['ended', 'later'])
})

test('a key that an earlier version gave a TTL has none after the next write', async () => {
  const [key, index] = [newKey(), 'hf:{000}:s:with-ttl']
  await read('SET', key, encodeRecord(live).toString('latin1'), 'PX', '90000000')
  await read('ZADD', index, '1', 'other')
  await read('PEXPIRE', index, '90000000')
  await send(key, { ...live, idleUntilMs: live.idleUntilMs + 1 }, { index })
  expect(await read('PEXPIRETIME', key)).toBe(-1)
  await send(newKey(), live, { index })
  expect(await read('PEXPIRETIME', index)).toBe(-1)
})

test('a malformed record is refused, and nothing is stored', async () => {
  for (const text of ['', 'x', '1R', '1R1-x', '1L1:2:3', '2L1:2:3:4:x', '1L:2:3:4:x', '1R-5', '1RA']) {
    const key = newKey()
    expect(await evalMerges([{ key, bytes: Buffer.from(text) }])).toEqual([0])
    expect(await read('EXISTS', key)).toBe(0)
  }
})
