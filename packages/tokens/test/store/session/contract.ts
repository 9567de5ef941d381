import type { Claims, Rotation, SessionOptions, TokenStore } from '@holdfast/tokens'
import { beforeAll, describe, expect, test } from 'vitest'
import { dataCentreTag, generateToken } from '../../../src/token/format.ts'
import { errorOf, pause } from '../../support.ts'

type Open = (options?: Partial<SessionOptions>) => Promise<TokenStore>

/** What every store must do, whatever keeps its records. `open` makes a store that its caller closes. */
export function testStore(open: Open): void {
  let store: TokenStore
  let subjects = 0
  /** A subject that no other test uses. */
  const newSubject = () => `user-${++subjects}`

  beforeAll(async () => {
    store = await open()
    return () => store.close()
  })

  const unissued = () => generateToken(dataCentreTag('dc1'), '000')
  const issue = async (more: { idleMs?: number; absoluteMs?: number; claims?: Claims } = {}) => {
    return store.issue({ subject: newSubject(), ...more })
  }

  describe('issue', () => {
    test('answers a token and its session, which verifies at once', async () => {
      const beforeMs = Date.now()
      const issued = await store.issue({ subject: 'ada', claims: { role: 'admin', deep: [{ a: null }] } })
      const { token, ...session } = issued
      expect(token).toMatch(/^hf_[0-9A-Za-z]{55}$/)
      expect(session.id).toMatch(/^[0-9a-f]{16}$/)
      expect(session.issuedAtMs).toBeGreaterThanOrEqual(beforeMs)
      expect(session.issuedAtMs).toBeLessThanOrEqual(Date.now())
      expect(session.idleUntilMs).toBe(session.issuedAtMs + 30 * 60_000)
      expect(session.expiresAtMs).toBe(session.issuedAtMs + 12 * 3_600_000)
      expect(await store.verify(token)).toEqual({ status: 'active', ...session })
    })

    test('two logins of one subject are two sessions', async () => {
      const subject = newSubject()
      const [one, two] = [await store.issue({ subject }), await store.issue({ subject })]
      expect(one.token).not.toBe(two.token)
      expect(one.id).not.toBe(two.id)
      expect(one.claims).toEqual({})
    })

    test('takes lifetimes of its own, and idle never passes the absolute end', async () => {
      const session = await issue({ idleMs: 5000, absoluteMs: 9000 })
      expect(session.idleUntilMs).toBe(session.issuedAtMs + 5000)
      expect(session.expiresAtMs).toBe(session.issuedAtMs + 9000)
      const bounded = await issue({ idleMs: 9000, absoluteMs: 5000 })
      expect(bounded.idleUntilMs).toBe(bounded.expiresAtMs)
    })

    test("takes any text as a subject, and keeps subjects' sessions apart", async () => {
      const names = [
        'a',
        'A',
        'a ',
        'ä',
        'a\u0308',
        '日本',
        'x\0y',
        '__proto__',
        '{}*:',
        '"',
        'é'.repeat(256),
      ]
      for (const subject of names) {
        const { token } = await store.issue({ subject })
        expect(await store.verify(token)).toMatchObject({ status: 'active', subject })
        expect(await store.list(subject)).toHaveLength(1)
      }
    })

    test('hands out claims that nobody else can change', async () => {
      const claims = { roles: ['user'] }
      const { token } = await issue({ claims })
      claims.roles.push('admin')
      expect(await store.verify(token)).toMatchObject({ claims: { roles: ['user'] } })
      const verified = await store.verify(token)
      if (verified.status !== 'active') throw new Error('not active')
      try {
        verified.claims['roles'] = ['admin']
      } catch {
        // Frozen: also good.
      }
      expect(await store.verify(token)).toMatchObject({ claims: { roles: ['user'] } })
    })
  })

  describe('verify', () => {
    test('says malformed of what is no token, without an id', async () => {
      const { token } = await issue()
      const last = token.endsWith('0') ? '1' : '0'
      for (const text of [
        '',
        'x',
        token.slice(1),
        token.slice(0, -1) + last,
        `${token} `,
        'a'.repeat(70_000),
      ]) {
        expect(await store.verify(text)).toEqual({ status: 'inactive', reason: 'malformed' })
      }
      for (const value of [undefined, null, 7, {}, [token]]) {
        expect(await store.verify(value as unknown as string)).toEqual({
          status: 'inactive',
          reason: 'malformed',
        })
      }
    })

    test('says unknown of a well-formed token that was never issued', async () => {
      expect(await store.verify(unissued())).toEqual({
        status: 'inactive',
        reason: 'unknown',
        id: expect.stringMatching(/^[0-9a-f]{16}$/),
      })
    })

    test('says expired after the idle lifetime, and after the absolute one', async () => {
      const [idle, absolute, good] = await Promise.all([
        issue({ idleMs: 80 }),
        issue({ idleMs: 60_000, absoluteMs: 80 }),
        issue(),
      ])
      await pause(100)
      for (const { token, id } of [idle, absolute]) {
        expect(await store.verify(token)).toEqual({ status: 'inactive', reason: 'expired', id })
      }
      expect(await store.verify(good.token)).toMatchObject({ status: 'active' })
    })

    test('does not extend the idle lifetime', async () => {
      const { token, idleUntilMs } = await issue({ idleMs: 5000 })
      await pause(10)
      await store.verify(token)
      expect(await store.verify(token)).toMatchObject({ idleUntilMs })
    })
  })

  describe('verifyNow', () => {
    /** Verified so long that this process may tell it by itself: in Redis that takes a lease. */
    const tellable = (token: string) =>
      expect
        .poll(
          async () => {
            await store.verify(token)
            return store.verifyNow(token)
          },
          { timeout: 10_000 },
        )
        .toMatchObject({ status: 'active' })

    test('says what verify says, once a token was verified', async () => {
      const { token } = await issue({ claims: { role: 'admin' } })
      expect(store.verifyNow(token)).toBeNull()
      await tellable(token)
      expect(store.verifyNow(token)).toEqual(await store.verify(token))
    })

    test('says nothing of what is no token, or unknown', async () => {
      for (const text of ['', 'x', unissued()]) {
        await store.verify(text)
        expect(store.verifyNow(text)).toBeNull()
      }
    })

    test('says nothing any more of a session that has ended or changed', async () => {
      const [ended, changed] = [await issue(), await issue()]
      for (const { token } of [ended, changed]) await tellable(token)
      await store.revoke(ended.token)
      await store.update(changed.token, () => ({ role: 'none' }))
      expect([store.verifyNow(ended.token), store.verifyNow(changed.token)]).toEqual([null, null])
      await tellable(changed.token)
      expect(store.verifyNow(changed.token)).toMatchObject({ claims: { role: 'none' } })
    })
  })

  describe('touch', () => {
    test('extends the idle lifetime to its length from now', async () => {
      const { token, idleUntilMs } = await issue({ idleMs: 5000 })
      const touched = await store.touch(token, { idleMs: 9000 })
      if (touched.status !== 'active') throw new Error('not active')
      expect(touched.idleUntilMs).toBeGreaterThan(idleUntilMs + 3000)
      expect(touched.idleUntilMs).toBeLessThanOrEqual(Date.now() + 9000)
      expect(await store.verify(token)).toEqual(touched)
    })

    test('never shortens it', async () => {
      const { token, idleUntilMs } = await issue({ idleMs: 60_000 })
      expect(await store.touch(token, { idleMs: 1 })).toMatchObject({ status: 'active', idleUntilMs })
      expect(await store.verify(token)).toMatchObject({ idleUntilMs })
    })

    test('never passes the absolute end', async () => {
      const { token, expiresAtMs } = await issue({ idleMs: 1000, absoluteMs: 5000 })
      const touched = await store.touch(token, { idleMs: 60_000 })
      expect(touched).toMatchObject({ idleUntilMs: expiresAtMs, expiresAtMs })
    })

    test('does not bring back what has expired', async () => {
      const { token, id } = await issue({ idleMs: 50 })
      await pause(70)
      const expired = { status: 'inactive', reason: 'expired', id }
      expect(await store.touch(token, { idleMs: 60_000 })).toEqual(expired)
      expect(await store.verify(token)).toEqual(expired)
    })
  })

  describe('update', () => {
    test('replaces the claims and nothing else', async () => {
      const { token, ...session } = await issue({ claims: { a: 1, b: 2 } })
      const updated = await store.update(token, ({ a }) => ({ a: Number(a) + 1 }))
      expect(updated).toEqual({ status: 'active', ...session, claims: { a: 2 } })
      expect(await store.verify(token)).toEqual(updated)
    })

    test('of one session by 30 callers at once succeeds for all of them, and each builds on the others', async () => {
      const { token } = await issue({ claims: { count: 0 } })
      const increment = () => store.update(token, ({ count }) => ({ count: Number(count) + 1 }))
      const updated = await Promise.all(Array.from({ length: 30 }, increment))
      const counts = updated.map((answer) => answer.status === 'active' && answer.claims['count'])
      expect(counts).toEqual(Array.from({ length: 30 }, (_, index) => index + 1))
      expect(await store.verify(token)).toMatchObject({ claims: { count: 30 } })
    })

    test('keeps a touch that came in between, and is kept by one', async () => {
      const { token } = await issue({ idleMs: 5000, claims: { n: 0 } })
      await Promise.all([
        store.update(token, () => ({ n: 1 })),
        store.touch(token, { idleMs: 60_000 }),
        store.update(token, ({ n }) => ({ n: Number(n) + 10 })),
      ])
      const verified = await store.verify(token)
      if (verified.status !== 'active') throw new Error('not active')
      expect(verified.idleUntilMs).toBeGreaterThan(Date.now() + 50_000)
      expect([1, 11]).toContain(verified.claims['n'])
    })

    test('hands on what the change throws, and changes nothing', async () => {
      const { token } = await issue({ claims: { a: 1 } })
      const change = () => {
        throw new Error('no')
      }
      await expect(store.update(token, change)).rejects.toThrow('no')
      expect(await store.verify(token)).toMatchObject({ claims: { a: 1 } })
    })

    test('keeps the device that lists show', async () => {
      const subject = newSubject()
      const { token } = await store.issue({ subject, device: 'laptop' })
      await store.update(token, () => ({ a: 1 }))
      expect(await store.list(subject)).toMatchObject([{ device: 'laptop' }])
    })
  })

  describe('rotate', () => {
    test('ends the old token and answers a new one for the same session', async () => {
      const subject = newSubject()
      const old = await store.issue({ subject, device: 'phone', claims: { a: 1 }, idleMs: 9000 })
      const rotated = await store.rotate(old.token)
      if (rotated.status !== 'active') throw new Error('not active')
      const { status: _, token, id, ...session } = rotated
      const { subject: s, claims, issuedAtMs, idleUntilMs, expiresAtMs } = old
      expect(session).toEqual({ subject: s, claims, issuedAtMs, idleUntilMs, expiresAtMs })
      expect(id).not.toBe(old.id)
      expect(await store.verify(old.token)).toEqual({ status: 'inactive', reason: 'revoked', id: old.id })
      expect(await store.verify(token)).toEqual({ status: 'active', id, ...session })
      expect(await store.list(subject)).toMatchObject([{ id, device: 'phone' }])
    })

    test('of one session by several callers at once succeeds for one, and leaves one session', async () => {
      const { subject, token } = await issue()
      const rotations = await Promise.all(Array.from({ length: 8 }, () => store.rotate(token)))
      const rotated = rotations.filter(({ status }) => status === 'active')
      expect(rotated).toHaveLength(1)
      expect(await store.list(subject)).toMatchObject(rotated.map((one) => ({ id: 'id' in one && one.id })))
    })

    test.each([
      ['revokeSubject', (subject: string) => store.revokeSubject(subject)],
      ['revoke', (_: string, token: string) => store.revoke(token)],
      ['revokeById', (subject: string, _: string, id: string) => store.revokeById(subject, id)],
    ])('of a session that %s ends meanwhile leaves no session', async (_, end) => {
      const rounds = Array.from({ length: 50 }, async (_, round) => {
        const { subject, token, id } = await issue()
        const rotating = async () => {
          for (let next: string | undefined = token; next !== undefined; ) {
            const rotated: Rotation = await store.rotate(next)
            await pause(0)
            next = rotated.status === 'active' ? rotated.token : undefined
          }
        }
        const ending = async () => {
          if (round % 2 === 0) await pause(round / 10)
          const ended = await end(subject, token, id)
          // It had been rotated before it was looked at: then it is another session by now.
          if ('revoked' in ended && !ended.revoked) await store.revokeSubject(subject)
        }
        await Promise.all([rotating(), ending()])
        expect(await store.list(subject)).toEqual([])
      })
      await Promise.all(rounds)
    })

    test('keeps the session of `exceptToken` when all others are ended meanwhile', async () => {
      const subject = newSubject()
      const [mine, other] = await Promise.all([1, 2].map(() => store.issue({ subject })))
      if (!mine || !other) throw new Error('two were issued')
      const [rotated] = await Promise.all([
        store.rotate(mine.token),
        store.revokeSubject(subject, { exceptToken: mine.token }),
      ])
      expect(await store.verify(other.token)).toMatchObject({ status: 'inactive' })
      if (rotated.status === 'active') {
        expect(await store.verify(mine.token)).toMatchObject({ status: 'inactive' })
      }
    })
  })

  describe('revoke', () => {
    test('ends a session for good; a second time it ends nothing', async () => {
      const { token, id } = await issue()
      expect(await store.revoke(token)).toEqual({ revoked: true, id })
      expect(await store.verify(token)).toEqual({ status: 'inactive', reason: 'revoked', id })
      expect(await store.revoke(token)).toEqual({ revoked: false, id })
    })

    test('of an unknown, expired or malformed token is no error', async () => {
      expect(await store.revoke(unissued())).toMatchObject({ revoked: false, id: expect.any(String) })
      expect(await store.revoke('nonsense')).toEqual({ revoked: false })
      const { token, id } = await issue({ idleMs: 30 })
      await pause(50)
      expect(await store.revoke(token)).toEqual({ revoked: false, id })
    })

    test('is not undone by anything that comes after it, or at the same time', async () => {
      const { token, id } = await issue({ claims: { n: 0 } })
      const revoked = { status: 'inactive', reason: 'revoked', id }
      await Promise.allSettled([
        store.touch(token),
        store.update(token, () => ({ n: 1 })),
        store.revoke(token),
        store.touch(token),
        store.update(token, () => ({ n: 2 })),
      ])
      expect(await store.verify(token)).toEqual(revoked)
      expect(await store.touch(token)).toEqual(revoked)
      expect(await store.update(token, () => ({}))).toEqual(revoked)
      expect(await store.rotate(token)).toEqual(revoked)
      expect(await store.verify(token)).toEqual(revoked)
    })

    test('by id ends the session of its subject only', async () => {
      const [one, other] = [await issue(), await issue()]
      expect(await store.revokeById(one.subject, other.id)).toEqual({ revoked: false, id: other.id })
      expect(await store.verify(other.token)).toMatchObject({ status: 'active' })
      expect(await store.revokeById(other.subject, other.id)).toEqual({ revoked: true, id: other.id })
      expect(await store.revokeById(other.subject, other.id)).toEqual({ revoked: false, id: other.id })
      expect(await store.verify(other.token)).toMatchObject({ reason: 'revoked' })
      expect(await store.revokeById(newSubject(), 'x')).toEqual({ revoked: false, id: 'x' })
    })
  })

  describe('revokeSubject', () => {
    test("ends all of a subject's sessions and nobody else's", async () => {
      const subject = newSubject()
      const own = await Promise.all([1, 2, 3].map(() => store.issue({ subject })))
      const other = await issue()
      const { revokedIds } = await store.revokeSubject(subject)
      expect([...revokedIds].sort()).toEqual(own.map(({ id }) => id).sort())
      for (const { token } of own) expect(await store.verify(token)).toMatchObject({ reason: 'revoked' })
      expect(await store.verify(other.token)).toMatchObject({ status: 'active' })
      expect(await store.revokeSubject(subject)).toEqual({ revokedIds: [] })
    })

    test('leaves the session of `exceptToken` alone', async () => {
      const subject = newSubject()
      const [mine, theirs] = [await store.issue({ subject }), await store.issue({ subject })]
      const { revokedIds } = await store.revokeSubject(subject, { exceptToken: mine.token })
      expect(revokedIds).toEqual([theirs.id])
      expect(await store.verify(mine.token)).toMatchObject({ status: 'active' })
      expect(await store.verify(theirs.token)).toMatchObject({ reason: 'revoked' })
    })

    test('refuses a malformed `exceptToken`, rather than to end all', async () => {
      const { subject, token } = await issue()
      const error = await errorOf(store.revokeSubject(subject, { exceptToken: `${token}x` }))
      expect(error).toMatchObject({
        code: 'INVALID_OPTION',
        message: '`exceptToken` is not a well-formed token of this data centre.',
      })
      expect(await store.verify(token)).toMatchObject({ status: 'active' })
    })

    test('lets the subject log in again', async () => {
      const { subject } = await issue()
      await store.revokeSubject(subject)
      const { token } = await store.issue({ subject })
      expect(await store.verify(token)).toMatchObject({ status: 'active' })
    })
  })

  describe('list', () => {
    test('shows the live sessions of a subject, oldest first, without claims', async () => {
      const subject = newSubject()
      const sessions = []
      for (const device of ['laptop', 'phone', 'tablet', 'gone', 'ended']) {
        const idleMs = device === 'ended' ? 20 : 60_000
        sessions.push(await store.issue({ subject, device, idleMs, claims: { secret: 1 } }))
        await pause(3)
      }
      await store.revoke(sessions[3]?.token ?? '')
      await pause(30)
      expect(await store.list(subject)).toEqual(
        sessions.slice(0, 3).map(({ id, issuedAtMs, idleUntilMs, expiresAtMs }, index) => ({
          id,
          subject,
          device: ['laptop', 'phone', 'tablet'][index],
          issuedAtMs,
          idleUntilMs,
          expiresAtMs,
        })),
      )
      expect(await store.list(newSubject())).toEqual([])
    })
  })

  describe('arguments out of bounds are refused with a clear sentence', () => {
    type Call = (token: string) => Promise<unknown>
    const claims = (value: unknown) => () => store.issue({ subject: 'a', claims: value as Claims })
    test.each<[string, RegExp, Call]>([
      ['no subject', /^`subject` must be a text of 1 to 256/, () => store.issue({ subject: '' })],
      ['a long subject', /got 257 characters\.$/, () => store.issue({ subject: 'x'.repeat(257) })],
      ['a number', /got number\.$/, () => store.issue({ subject: 5 as unknown as string })],
      ['a text that is no Unicode', /^`subject` must be/, () => store.issue({ subject: 'a\ud800' })],
      ['a long device', /^`device` must be/, () => store.issue({ subject: 'a', device: 'x'.repeat(257) })],
      [
        'no lifetime',
        /^`idleMs` must be a whole number from 1/,
        () => store.issue({ subject: 'a', idleMs: 0 }),
      ],
      ['half a ms', /^`absoluteMs` .* got 0\.5\.$/, () => store.issue({ subject: 'a', absoluteMs: 0.5 })],
      ['two years', /^`absoluteMs` must be/, () => store.issue({ subject: 'a', absoluteMs: 63_072_000_000 })],
      ['claims as a list', /^`claims` must be an object that survives JSON\.$/, claims([])],
      ['claims as a text', /^`claims` must be an object that survives JSON\.$/, claims('x')],
      ['large claims', /^`claims` are 20008 bytes as JSON; at most 16384/, claims({ a: 'x'.repeat(20_000) })],
      [
        'changed claims',
        /^`claims` must be/,
        (token) => store.update(token, () => null as unknown as Claims),
      ],
      ['a touch', /^`idleMs` must be/, (token) => store.touch(token, { idleMs: -1 })],
      ['a subject to end', /^`subject` must be/, () => store.revokeSubject('')],
      ['a subject to list', /^`subject` must be/, () => store.list(undefined as unknown as string)],
      ['a time-out', /^`timeoutMs` must be/, (token) => store.verify(token, { timeoutMs: Number.NaN })],
    ])('%s', async (_, message, call) => {
      const { token } = await issue({ claims: { kept: true } })
      const error = await errorOf(call(token))
      expect(error).toMatchObject({ code: 'INVALID_OPTION' })
      expect(error.message).toMatch(message)
      expect(error.message).not.toContain(token)
      expect(await store.verify(token)).toMatchObject({ status: 'active', claims: { kept: true } })
    })
  })

  // INV-TOKENS-52.
  test('a token of another data centre is foreign, and nothing here can be done with it', async () => {
    const elsewhere = await open({ dataCentre: 'dc2' })
    try {
      const { token, id } = await elsewhere.issue({ subject: 'ada' })
      const foreign = { status: 'inactive', reason: 'foreign', id }
      expect(await store.verify(token)).toEqual(foreign)
      expect(await store.touch(token)).toEqual(foreign)
      expect(await store.update(token, () => ({}))).toEqual(foreign)
      expect(await store.rotate(token)).toEqual(foreign)
      expect(await elsewhere.verify(token)).toMatchObject({ status: 'active' })
    } finally {
      await elsewhere.close()
    }
  })

  test('it says that it is well', async () => {
    await store.ready({ timeoutMs: 5000 })
    expect(store.status()).toMatchObject({ writable: true, readable: true, problem: null })
  })

  test('after closing, everything is refused, and closing again is no error', async () => {
    const closed = await open()
    const live = await closed.issue({ subject: 'ada' })
    await closed.verify(live.token)
    await closed.close()
    await closed.close()
    const calls = [
      closed.issue({ subject: 'ada' }),
      closed.verify(live.token),
      closed.touch(live.token),
      closed.update(live.token, () => ({})),
      closed.rotate(live.token),
      closed.revoke(live.token),
      closed.revokeById('ada', live.id),
      closed.revokeSubject('ada'),
      closed.list('ada'),
      closed.ready(),
    ]
    const errors = await Promise.all(calls.map(errorOf))
    expect(errors.map(({ code }) => code)).toEqual(calls.map(() => 'STORE_CLOSED'))
    expect(closed.status()).toMatchObject({ writable: false })
  })
}
