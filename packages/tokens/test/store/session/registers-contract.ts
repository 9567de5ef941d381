import { randomUUID } from 'node:crypto'
import type { Registers, SessionOptions, TokenStore } from '@holdfast/tokens'
import { beforeAll, describe, expect, test } from 'vitest'
import { errorOf, pause } from '../../support.ts'

type Open = (options?: Partial<SessionOptions>) => Promise<TokenStore>

/** What registers do in every store. `open` makes a store that its caller closes. */
export function testRegisters(open: Open): void {
  let store: TokenStore
  let registers: Registers
  const newName = () => randomUUID()
  const expiresInMs = 60_000

  beforeAll(async () => {
    store = await open()
    registers = store.registers('codes')
    return () => store.close()
  })

  describe('a register', () => {
    test('is absent until a value is put, and has the value then', async () => {
      const name = newName()
      expect(await registers.get(name)).toEqual({ status: 'absent' })
      const put = await registers.put(name, { value: { a: [1, null] }, expiresInMs })
      expect(put).toMatchObject({ status: 'present', value: { a: [1, null] } })
      expect(await registers.get(name)).toEqual(put)
      expect(await store.registers('other').get(name)).toEqual({ status: 'absent' })
      expect(store.registers('codes')).toBe(registers)
    })

    test('comes again after it was deleted, with a higher version each time', async () => {
      const name = newName()
      let last = 0
      for (const value of [false, 0, '', null]) {
        const { version } = await registers.put(name, { value, expiresInMs })
        expect(version).toBeGreaterThan(last)
        expect(await registers.get(name)).toMatchObject({ value, version })
        expect(await registers.delete(name)).toEqual({ deleted: true })
        expect(await registers.delete(name)).toEqual({ deleted: false })
        expect(await registers.get(name)).toEqual({ status: 'absent' })
        last = version
      }
    })

    // INV-TOKENS-61.
    test('is taken once by twenty calls at once', async () => {
      const name = newName()
      const put = await registers.put(name, { value: 'code', expiresInMs })
      const taken = await Promise.all(Array.from({ length: 20 }, () => registers.take(name)))
      expect(taken.filter(({ status }) => status === 'present')).toEqual([put])
      expect(await registers.get(name)).toEqual({ status: 'absent' })
    })

    test('is put by one of ten calls at once that require one version, or none', async () => {
      const name = newName()
      for (const ifVersion of ['absent' as const, null]) {
        const before = await registers.get(name)
        const required = ifVersion ?? (before.status === 'present' ? before.version : 0)
        const put = await Promise.all(
          Array.from({ length: 10 }, (_, value) =>
            registers.put(name, { value, expiresInMs, ifVersion: required }),
          ),
        )
        expect(put.map(({ status }) => status).sort()).toEqual([...Array(9).fill('conflict'), 'present'])
        expect(put).toContainEqual(await registers.get(name))
      }
      expect(await registers.put(name, { value: 1, expiresInMs, ifVersion: 1 })).toEqual({
        status: 'conflict',
      })
      await registers.delete(name)
      expect(await registers.put(name, { value: 1, expiresInMs, ifVersion: 1 })).toEqual({
        status: 'conflict',
      })
    })

    test('counts every one of thirty increments at once, until its end', async () => {
      const name = newName()
      const first = await registers.increment(name, { expiresInMs })
      expect(first).toMatchObject({ value: 1 })
      await Promise.all(
        Array.from({ length: 30 }, () => registers.increment(name, { by: 2, expiresInMs: 1000 })),
      )
      expect(await registers.get(name)).toMatchObject({ value: 61, expiresAtMs: first.expiresAtMs })
      await registers.put(name, { value: 'text', expiresInMs })
      expect((await errorOf(registers.increment(name, { expiresInMs }))).code).toBe('INVALID_OPTION')
    })

    test('is absent after its end, and begins again', async () => {
      const name = newName()
      await registers.put(name, { value: 7, expiresInMs: 300 })
      await pause(310)
      expect(await registers.get(name)).toEqual({ status: 'absent' })
      expect(await registers.take(name)).toEqual({ status: 'absent' })
      expect(await registers.increment(name, { expiresInMs })).toMatchObject({ value: 1 })
    })

    test('refuses what is out of bounds, with a code', async () => {
      const codeOf = async (work: Promise<unknown>) => (await errorOf(work)).code
      for (const name of ['', 'x'.repeat(1025), 7 as never]) {
        expect(await codeOf(registers.get(name))).toBe('INVALID_OPTION')
        expect(await codeOf(registers.take(name))).toBe('INVALID_OPTION')
      }
      const refused = [
        { value: 'x'.repeat(16_384), expiresInMs },
        { value: undefined as never, expiresInMs },
        { value: 1, expiresInMs: 0 },
        { value: 1, expiresInMs: 401 * 24 * 3_600_000 },
      ]
      for (const request of refused)
        expect(await codeOf(registers.put(newName(), request))).toBe('INVALID_OPTION')
      expect(await codeOf(registers.increment(newName(), { by: 0.5, expiresInMs }))).toBe('INVALID_OPTION')
    })
  })
}
