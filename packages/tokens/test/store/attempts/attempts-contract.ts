import type { SessionOptions, TokenStore } from '@holdfast/tokens'
import { beforeAll, describe, expect, test } from 'vitest'
import { errorOf, pause } from '../../support.ts'

/** What every store must do with attempts. `open` makes a store that its caller closes. */
export function testAttempts(open: (options?: Partial<SessionOptions>) => Promise<TokenStore>): void {
  let store: TokenStore
  let names = 0
  /** A limit that no other test uses. */
  const fresh = (limit: number, windowMs = 60_000) => ({ name: `name-${++names}`, limit, windowMs })

  beforeAll(async () => {
    store = await open()
    return () => store.close()
  })

  describe('attempts', () => {
    test('are allowed up to the limit, and then refused until the oldest leaves the window', async () => {
      const limit = fresh(3)
      for (let tries = 0; tries < 3; tries++) {
        expect(await store.attempts.take([limit])).toMatchObject({ allowed: true })
      }
      const refused = await store.attempts.take([limit])
      expect(refused).toEqual({ allowed: false, limit: 0, retryAfterMs: expect.any(Number) })
      expect(refused).toHaveProperty(
        'retryAfterMs',
        expect.toSatisfy((ms) => ms > 50_000 && ms <= 60_000),
      )
    })

    test('are allowed again when the window has passed', async () => {
      const limit = fresh(1, 1000)
      expect(await store.attempts.take([limit])).toMatchObject({ allowed: true })
      const refused = await store.attempts.take([limit])
      if (refused.allowed) throw new Error('It was allowed.')
      await pause(refused.retryAfterMs + 20)
      expect(await store.attempts.take([limit])).toMatchObject({ allowed: true })
    })

    test('at the same time are no more than the limit', async () => {
      const limit = fresh(7)
      const all = await Promise.all(Array.from({ length: 50 }, () => store.attempts.take([limit])))
      expect(all.filter(({ allowed }) => allowed)).toHaveLength(7)
    })

    // INV-TOKENS-28.
    test('count for all limits together or for none, and the longest wait is told', async () => {
      const [wide, narrow] = [fresh(2), fresh(1, 30_000)]
      expect(await store.attempts.take([wide, narrow])).toMatchObject({ allowed: true })
      expect(await store.attempts.take([wide, narrow])).toMatchObject({ allowed: false, limit: 1 })
      // The refused one did not count.
      expect(await store.attempts.take([wide])).toMatchObject({ allowed: true })
      expect(await store.attempts.take([narrow, wide])).toMatchObject({ allowed: false, limit: 1 })
    })

    test('count once, however often they are sent', async () => {
      const limit = fresh(2)
      for (let tries = 0; tries < 5; tries++) {
        expect(await store.attempts.take([limit], { id: 'one' })).toEqual({ allowed: true, id: 'one' })
      }
      expect(await store.attempts.take([limit])).toMatchObject({ allowed: true })
      expect(await store.attempts.take([limit])).toMatchObject({ allowed: false })
      expect(await store.attempts.take([limit], { id: 'one' })).toMatchObject({ allowed: true })
    })

    test('must come later than the last, once there are some', async () => {
      const limit = { ...fresh(10), pauseAfter: 2, pauseMs: 20_000 }
      for (let tries = 0; tries < 2; tries++) {
        expect(await store.attempts.take([limit])).toMatchObject({ allowed: true })
      }
      const refused = await store.attempts.take([limit])
      expect(refused).toMatchObject({ allowed: false, limit: 0 })
      expect(refused).toHaveProperty(
        'retryAfterMs',
        expect.toSatisfy((ms) => ms > 10_000 && ms <= 20_000),
      )
      // With one more the pause is twice as long.
      expect(await store.attempts.take([{ ...limit, pauseAfter: 10 }])).toMatchObject({ allowed: true })
      const longer = await store.attempts.take([limit])
      expect(longer).toHaveProperty(
        'retryAfterMs',
        expect.toSatisfy((ms) => ms > 30_000 && ms <= 40_000),
      )
    })

    test('that are given back do not count, and giving back again takes nothing more', async () => {
      const limit = fresh(2)
      const { name } = limit
      const first = await store.attempts.take([limit], { id: 'first' })
      await store.attempts.take([limit], { id: 'second' })
      if (!first.allowed) throw new Error('It was refused.')
      await store.attempts.giveBack(first.id, { names: [name] })
      await store.attempts.giveBack(first.id, { names: [name] })
      expect(await store.attempts.take([limit])).toMatchObject({ allowed: true })
      expect(await store.attempts.take([limit])).toMatchObject({ allowed: false })
    })

    test('that are cleared go with those before them, and with none after them, also when it comes late', async () => {
      const limit = fresh(4)
      const { name } = limit
      for (const id of ['a', 'b', 'c']) await store.attempts.take([limit], { id })
      await store.attempts.giveBack('b', { cleared: [name] })
      for (const id of ['d', 'e', 'f']) {
        expect(await store.attempts.take([limit], { id })).toMatchObject({ allowed: true })
      }
      await store.attempts.giveBack('b', { cleared: [name] })
      expect(await store.attempts.take([limit])).toMatchObject({ allowed: false })
    })

    test.each([
      [{ name: '' }, '`limits[0].name` must be a text of 1 to 1024'],
      [{ limit: 0 }, '`limits[0].limit` must be a whole number from 1 to 1000'],
      [{ windowMs: 999 }, '`limits[0].windowMs` must be a whole number from 1000'],
      [{ pauseAfter: 0 }, '`limits[0].pauseAfter` must be'],
      [{ pauseMs: 0.5 }, '`limits[0].pauseMs` must be'],
    ])('with limits out of bounds are a mistake: %j', async (wrong, sentence) => {
      const error = await errorOf(store.attempts.take([{ ...fresh(1), ...wrong }]))
      expect(error).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining(sentence) })
    })

    test('with a name twice or an id that is none are a mistake', async () => {
      const limit = fresh(1)
      expect(await errorOf(store.attempts.take([limit, limit]))).toMatchObject({ code: 'INVALID_OPTION' })
      expect(await errorOf(store.attempts.take([limit], { id: 'a b' }))).toMatchObject({
        code: 'INVALID_OPTION',
      })
    })

    test('of a closed store are refused', async () => {
      const closed = await open()
      await closed.close()
      const calls = [closed.attempts.take([fresh(1)]), closed.attempts.giveBack('a', { names: ['a'] })]
      const errors = await Promise.all(calls.map(errorOf))
      expect(errors.map(({ code }) => code)).toEqual(['STORE_CLOSED', 'STORE_CLOSED'])
    })
  })
}
