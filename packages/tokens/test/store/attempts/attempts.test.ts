import { TEST_USERS } from '@holdfast/testing'
import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Connection } from '../../../src/redis/connection.ts'
import { MemoryAttempts } from '../../../src/store/attempts/memory-attempts.ts'
import type { TakeRequest } from '../../../src/store/attempts/requests.ts'
import { giveBackCommand, readTaken, takeCommand } from '../../../src/store/attempts/script-calls.ts'
import type { WriteCommand } from '../../../src/store/commit/pending-write.ts'
import { attemptKey } from '../../../src/token/digest.ts'
import { openKeyring } from '../../../src/token/keyring.ts'
import { errorOf, KEYRING, makeStore, openStore } from '../../support.ts'
import { testAttempts } from './attempts-contract.ts'

const group = groupOfThisFile()

testAttempts(async (options) => {
  const store = makeStore({ sentinels: group().sentinels.map(({ address }) => address), ...options })
  await store.ready({ timeoutMs: 20_000 })
  return store
})

async function asApplication<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
  const { address } = await group().primary()
  const connection = await Connection.open({ address, ...TEST_USERS.app })
  try {
    return await work(connection)
  } finally {
    connection.close()
  }
}

const call = (connection: Connection, { script, keys, args }: WriteCommand) =>
  connection.send(['EVAL', script.source, `${keys.length}`, ...keys, ...args], 5000)

const bounds = fc.record({
  key: fc.constantFrom('a', 'b', 'c'),
  limit: fc.integer({ min: 1, max: 4 }),
  pauseAfter: fc.integer({ min: 1, max: 4 }),
  pauseMs: fc.constantFrom(1, 300),
})
const id = fc.constantFrom('p', 'q', 'r', 's', 't', 'u')
const step = fc.record({
  id,
  passMs: fc.integer({ min: 0, max: 900 }),
  limits: fc.uniqueArray(bounds, { minLength: 1, maxLength: 3, selector: ({ key }) => key }),
  giveBack: fc.option(fc.record({ id, older: fc.boolean() })),
})

test('take.lua and give-back.lua do the same as record/attempt-log.ts, on the same random attempts', async () => {
  const { address } = await group().primary()
  const connection = await Connection.open({ address, ...TEST_USERS.admin })
  try {
    const runs = fc.sample(fc.array(step, { minLength: 1, maxLength: 25 }), 60)
    for (const [number, steps] of runs.entries()) {
      const memory = new MemoryAttempts()
      const named = (key: string) => `hf:{000}:a:${number}${key}`
      let nowMs = Date.now()
      for (const { id, passMs, limits, giveBack } of steps) {
        nowMs += passMs
        const request: TakeRequest = {
          id,
          nowMs,
          limits: limits.map((limit) => ({
            ...limit,
            // One window a log, as with every caller: what has left it ends for good.
            windowMs: limit.key === 'a' ? 2000 : 60_000,
            key: named(limit.key),
          })),
        }
        const reply = await call(connection, takeCommand(request))
        expect(readTaken(Array.isArray(reply) ? (reply[0] ?? null) : null)).toEqual(memory.take(request))
        if (giveBack === null) continue
        const back = {
          id: giveBack.id,
          logs: request.limits.map(({ key }) => ({ key, older: giveBack.older })),
        }
        await call(connection, giveBackCommand(back))
        memory.giveBack(back)
      }
    }
  } finally {
    connection.close()
  }
})

describe('in Redis', () => {
  // INV-TOKENS-30.
  test('no name is to be seen, and every log ends with its window', async () => {
    const store = await openStore(group())
    const name = 'account ada.lovelace@example.org'
    const attempt = await store.attempts.take([{ name, limit: 5, windowMs: 90_000 }])
    const key = attemptKey(openKeyring(KEYRING).indexKey, name)
    await asApplication(async (connection) => {
      const log = String(await connection.send(['GET', key], 5000))
      expect(log).toMatch(new RegExp(`^[0-9a-z]{8}:${attempt.allowed ? attempt.id : 'refused'} $`))
      expect(key).toMatch(/^hf:\{\w{3}\}:a:[\w-]{22}$/)
    })
    const { address } = await group().primary()
    const admin = await Connection.open({ address, ...TEST_USERS.admin })
    const leftMs = Number(await admin.send(['PTTL', key], 5000))
    const keys = String(await admin.send(['KEYS', '*'], 5000))
    admin.close()
    expect(leftMs).toSatisfy((ms) => ms > 80_000 && ms <= 90_000)
    expect(keys).not.toMatch(/ada|account/)
  })

  test('two processes share one count', async () => {
    const [one, two] = [await openStore(group()), await openStore(group())]
    const limit = { name: 'shared', limit: 10, windowMs: 60_000 }
    const all = await Promise.all(
      Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? one : two).attempts.take([limit])),
    )
    expect(all.filter(({ allowed }) => allowed)).toHaveLength(10)
  })

  test('while no Redis can be asked an attempt is neither allowed nor refused', async () => {
    const store = makeStore()
    const error = await errorOf(
      store.attempts.take([{ name: 'x', limit: 1, windowMs: 1000 }], { timeoutMs: 200 }),
    )
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await store.close()
  })
})
