import { randomUUID } from 'node:crypto'
import type { Claims, ExternalActive, ExternalSessions, SessionOptions, TokenStore } from '@holdfast/tokens'
import { beforeAll, describe, expect, test } from 'vitest'
import { errorOf, pause } from '../../support.ts'

type Open = (options?: Partial<SessionOptions>) => Promise<TokenStore>

/** What external sessions do in every store. `open` makes a store that its caller closes. */
export function testExternal(open: Open): void {
  let store: TokenStore
  let sessions: ExternalSessions
  let subjects = 0
  const newSubject = () => `external-user-${++subjects}`
  const newId = () => `sid-${randomUUID()}`

  beforeAll(async () => {
    store = await open()
    sessions = store.external('shop')
    return () => store.close()
  })

  const begin = async (id: string, claims = {}, more = {}): Promise<ExternalActive> => {
    const answer = await sessions.put(id, { claims, ...more })
    if (answer.status !== 'active') throw new Error(`The session is ${answer.reason}.`)
    return answer
  }

  describe('an external session', () => {
    test('is unknown under an id that nobody has put', async () => {
      expect(await sessions.get(newId())).toMatchObject({ status: 'inactive', reason: 'unknown' })
      expect(sessions.getCached(newId())).toBeNull()
    })

    test('has after a put what was put, with the default lifetimes', async () => {
      const id = newId()
      const claims = { cart: [1, { a: null }], views: 1, ['__proto__']: 'x', '': '' }
      const put = await begin(id, claims)
      expect(put).toMatchObject({ status: 'active', subject: null, device: '', version: 1, claims })
      expect(put.id).toMatch(/^[0-9a-f]{16}$/)
      expect(put.idleUntilMs).toBe(put.issuedAtMs + 30 * 60_000)
      expect(put.expiresAtMs).toBe(put.issuedAtMs + 12 * 3_600_000)
      expect(await sessions.get(id)).toEqual(put)
      expect(Object.keys(put.claims).sort()).toEqual(['', '__proto__', 'cart', 'views'])
    })

    test('is answered from the near cache once this process has read it', async () => {
      const id = newId()
      await begin(id, { n: 1 })
      await expect
        .poll(async () => {
          await sessions.get(id)
          return sessions.getCached(id)
        })
        .toMatchObject({ status: 'active', claims: { n: 1 } })
      await sessions.put(id, { claims: { n: 2 } })
      await expect.poll(() => sessions.getCached(id)?.claims ?? { n: 2 }).toEqual({ n: 2 })
    })

    test('is not the session of the same id in another namespace', async () => {
      const id = newId()
      await begin(id, { n: 1 })
      expect(await store.external('forum').get(id)).toMatchObject({ reason: 'unknown' })
      expect(store.external('shop')).toBe(sessions)
    })

    test('loses all other claims to a put without a base', async () => {
      const id = newId()
      await begin(id, { a: 1, b: 2 })
      expect(await sessions.put(id, { claims: { b: 2, c: 3 } })).toMatchObject({ claims: { b: 2, c: 3 } })
      expect(await sessions.get(id)).toMatchObject({ claims: { b: 2, c: 3 }, version: 2 })
    })

    test('keeps its version when a put changes nothing', async () => {
      const id = newId()
      const { version } = await begin(id, { a: 1 }, { subject: 'ada', device: 'phone' })
      expect(await sessions.put(id, { claims: { a: 1 } })).toMatchObject({
        version,
        subject: 'ada',
        device: 'phone',
      })
    })

    test('keeps what another put changed since the base was read, claim by claim', async () => {
      const id = newId()
      const base = await begin(id, { kept: 0, deleted: 0, changed: 0, both: 0 })
      await sessions.put(id, { claims: { kept: 0, changed: 1, both: 1, added: 1 }, base })
      const { kept: _, ...claims }: Claims = { ...base.claims, both: 2, mine: 2 }
      const last = await sessions.put(id, { claims, base })
      expect(last).toMatchObject({ claims: { changed: 1, both: 2, added: 1, mine: 2 } })
      expect(last).not.toHaveProperty('claims.kept')
      expect(last).not.toHaveProperty('claims.deleted')
    })

    test('keeps a claim of each of twenty puts at once', async () => {
      const id = newId()
      const base = await begin(id)
      const names = Array.from({ length: 20 }, (_, index) => `n${index}`)
      const put = await Promise.all(names.map((name) => sessions.put(id, { claims: { [name]: 1 }, base })))
      expect(put.map(({ status }) => status)).toEqual(names.map(() => 'active'))
      expect(await sessions.get(id)).toMatchObject({
        claims: Object.fromEntries(names.map((name) => [name, 1])),
      })
    })

    test('is changed by one of ten puts at once that must not meet a conflict', async () => {
      const id = newId()
      const { version, claims } = await begin(id, { n: 0 })
      const put = await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          sessions.put(id, { claims: { n: n + 1 }, base: { version, claims }, onConflict: 'fail' }),
        ),
      )
      expect(put.map(({ status }) => status).sort()).toEqual(['active', ...Array(9).fill('conflict')])
      const winner = put.find(({ status }) => status === 'active')
      expect(await sessions.get(id)).toEqual(winner)
    })

    test('is begun by one of ten puts at once that require that there is none', async () => {
      const id = newId()
      const put = await Promise.all(
        Array.from({ length: 10 }, (_, n) => sessions.put(id, { claims: { n }, onConflict: 'fail' })),
      )
      expect(put.map(({ status }) => status).sort()).toEqual(['active', ...Array(9).fill('conflict')])
    })

    test('stays ended, whatever comes after its end', async () => {
      const id = newId()
      const base = await begin(id, { a: 1 })
      expect(await sessions.end(id)).toEqual({ revoked: true, id: base.id })
      const ended = { status: 'inactive', reason: 'revoked', id: base.id }
      expect(await sessions.get(id)).toEqual(ended)
      expect(await sessions.put(id, { claims: { a: 2 } })).toEqual(ended)
      expect(await sessions.put(id, { claims: { a: 2 }, base })).toEqual(ended)
      expect(await sessions.put(id, { claims: { a: 2 }, base, onConflict: 'fail' })).toEqual(ended)
      expect(await sessions.touch(id)).toEqual(ended)
      expect(await sessions.get(id)).toEqual(ended)
      expect(await sessions.end(id)).toEqual({ revoked: false, id: base.id })
    })

    test('that is unknown leaves nothing behind when it ends, unless that is asked for', async () => {
      const [id, refused] = [newId(), newId()]
      expect(await sessions.end(refused, { refuseForMs: 60_000 })).toMatchObject({ revoked: false })
      expect(await sessions.put(refused, { claims: {} })).toMatchObject({ reason: 'revoked' })
      expect((await errorOf(sessions.end(id, { refuseForMs: 0 }))).code).toBe('INVALID_OPTION')
      expect(await sessions.get(id)).toMatchObject({ reason: 'unknown' })
    })

    test('is not begun by a put with a base', async () => {
      const id = newId()
      const put = await sessions.put(id, { claims: { a: 1 }, base: { version: 3, claims: {} } })
      expect(put).toMatchObject({ status: 'inactive', reason: 'unknown' })
      expect(await sessions.get(id)).toMatchObject({ reason: 'unknown' })
    })

    test('expires when it is idle, and a put begins it anew without what it had', async () => {
      const id = newId()
      const base = await begin(id, { old: 1 }, { subject: 'ada', idleMs: 300 })
      await pause(310)
      expect(await sessions.get(id)).toMatchObject({ reason: 'expired' })
      expect(await sessions.put(id, { claims: {}, base })).toMatchObject({ reason: 'expired' })
      const again = await begin(id, { fresh: 1 })
      expect(again).toMatchObject({ claims: { fresh: 1 }, subject: null })
      expect(again.claims).not.toHaveProperty('old')
      expect(again.issuedAtMs).toBeGreaterThan(base.issuedAtMs)
      expect(await sessions.get(id)).toEqual(again)
    })

    test('is extended by a touch and a put, and shortened only by a put that says so', async () => {
      const id = newId()
      const first = await begin(id, { a: 1 }, { idleMs: 60_000, absoluteMs: 3_600_000 })
      const touched = await sessions.touch(id, { idleMs: 1_800_000 })
      expect(touched).toMatchObject({ version: first.version })
      expect((touched as ExternalActive).idleUntilMs).toBeGreaterThan(first.idleUntilMs)
      expect(await sessions.touch(id, { idleMs: 1000 })).toEqual(touched)
      const kept = await begin(id, { a: 1 })
      expect(kept.idleUntilMs).toBeGreaterThanOrEqual((touched as ExternalActive).idleUntilMs)
      const shorter = await begin(id, { a: 1 }, { idleMs: 10_000 })
      expect(shorter.idleUntilMs).toBeLessThan(first.idleUntilMs)
      expect(await sessions.get(id)).toEqual(shorter)
      const longest = await begin(id, { a: 1 }, { idleMs: 7_200_000, absoluteMs: 9_000_000 })
      expect(longest.idleUntilMs).toBe(first.expiresAtMs)
    })

    test('is listed for its subject as soon as it has one, and no more when it has another', async () => {
      const [id, ada, bob] = [newId(), newSubject(), newSubject()]
      const first = await begin(id, { cart: 1 })
      expect(await store.list(ada)).toEqual([])
      await begin(id, { cart: 1 }, { subject: ada, device: 'phone' })
      const { idleUntilMs: _, ...listed } = (await store.list(ada))[0] ?? { idleUntilMs: 0 }
      expect(listed).toEqual({
        id: first.id,
        subject: ada,
        device: 'phone',
        issuedAtMs: first.issuedAtMs,
        expiresAtMs: first.expiresAtMs,
      })
      await begin(id, { cart: 1 }, { subject: bob })
      expect(await store.list(ada)).toEqual([])
      expect(await store.list(bob)).toMatchObject([{ id: first.id, device: 'phone' }])
      expect(await store.revokeSubject(ada)).toEqual({ revokedIds: [] })
      expect(await store.revokeById(ada, first.id)).toEqual({ revoked: false, id: first.id })
      expect(await sessions.get(id)).toMatchObject({ status: 'active', subject: bob })
      await begin(id, { cart: 1 }, { subject: null })
      expect(await store.list(bob)).toEqual([])
      expect(await sessions.get(id)).toMatchObject({ status: 'active', subject: null, device: 'phone' })
    })

    test('ends with the sessions of its subject, and by its public id', async () => {
      const [one, two, subject] = [newId(), newId(), newSubject()]
      const first = await begin(one, {}, { subject })
      const second = await begin(two, {}, { subject })
      const { id } = await store.issue({ subject })
      expect((await store.list(subject)).map((listed) => listed.id).sort()).toEqual(
        [first.id, second.id, id].sort(),
      )
      expect(await store.revokeById(subject, first.id)).toEqual({ revoked: true, id: first.id })
      expect(await sessions.get(one)).toMatchObject({ reason: 'revoked' })
      expect((await store.revokeSubject(subject)).revokedIds.sort()).toEqual([second.id, id].sort())
      expect(await sessions.get(two)).toMatchObject({ reason: 'revoked' })
      expect(await sessions.put(two, { claims: {} })).toMatchObject({ reason: 'revoked' })
    })

    test('refuses what is out of bounds, with a code', async () => {
      const id = newId()
      const codeOf = async (work: () => Promise<unknown>) => (await errorOf(work())).code
      const large = { text: 'x'.repeat(16_384) }
      const base = await begin(id, { half: 'x'.repeat(9000) })
      const half = { other: 'x'.repeat(9000) }
      for (const bad of ['', 'x'.repeat(15), 'x'.repeat(1025), `${'x'.repeat(20)}\ud800`, 7 as never]) {
        expect(await codeOf(() => sessions.get(bad))).toBe('INVALID_OPTION')
        expect(await codeOf(() => sessions.put(bad, { claims: {} }))).toBe('INVALID_OPTION')
        expect(await codeOf(() => sessions.touch(bad))).toBe('INVALID_OPTION')
        expect(await codeOf(() => sessions.end(bad))).toBe('INVALID_OPTION')
        expect(sessions.getCached(bad)).toBeNull()
      }
      const refused = [
        { claims: large },
        { claims: [] as never },
        { claims: {}, subject: '' },
        { claims: {}, device: 'x'.repeat(257) },
        { claims: {}, idleMs: 0 },
        { claims: {}, absoluteMs: 401 * 24 * 3_600_000 },
        { claims: {}, base: { version: 0, claims: {} } },
        // Each of the two is within the bound, and both together are not.
        { claims: half, base: { version: base.version, claims: {} } },
        { claims: Object.fromEntries(Array.from({ length: 513 }, (_, name) => [name, 1])) },
      ]
      for (const request of refused) {
        expect(await codeOf(() => sessions.put(id, request))).toBe('INVALID_OPTION')
      }
      expect(await sessions.get(id)).toMatchObject({ claims: base.claims, version: base.version })
      expect(() => store.external('Shop')).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    })
  })
}
