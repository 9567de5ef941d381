import { generateKeyring, tokenKey } from '@holdfast/tokens'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { encodeRecord } from '../../../src/record/codec.ts'
import { CLOCK_SKEW_MS } from '../../../src/record/record.ts'
import { MemoryBackend } from '../../../src/store/backend/memory-backend.ts'
import { BackendRecords, type RecordEntry } from '../../../src/store/session/record-store.ts'
import { SessionStore } from '../../../src/store/session/session-store.ts'
import { parseRecordKey } from '../../../src/token/digest.ts'
import { KEYRING } from '../../support.ts'

const BEGAN_MS = 1_800_000_000_000
const LIMITS = { verifyTimeoutMs: 1000, writeTimeoutMs: 1000, maxRemembered: 1, maxWaitingChanges: 10 }

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: BEGAN_MS })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A store, and its records, in one memory. */
function makePair(options: { dataCentre?: string; keyring?: typeof KEYRING } = {}) {
  const backend = new MemoryBackend()
  const all = { dataCentre: 'dc1', keyring: KEYRING, ...options }
  return {
    store: new SessionStore(() => backend, all, LIMITS),
    records: new BackendRecords(() => backend, all, 1000),
    /** The record of a token as it lies there now. */
    async copy(token: string): Promise<RecordEntry | null> {
      const key = tokenKey(token) ?? ''
      const recordKey = parseRecordKey(key)
      if (recordKey === null) return null
      const answer = await backend.read(recordKey)
      return answer.known && answer.value !== null ? { key, bytes: encodeRecord(answer.value) } : null
    },
  }
}

const copied = (entry: RecordEntry | null): RecordEntry => {
  if (entry === null) throw new Error('There is no such record.')
  return entry
}

test('a copied session is active in an empty store with the same key ring and name, and is listed there', async () => {
  const [old, fresh] = [makePair(), makePair()]
  const { token, id } = await old.store.issue({ subject: 'ada', device: 'phone', claims: { role: 'x' } })
  const entry = copied(await old.copy(token))
  expect(await fresh.records.merge([entry])).toEqual(['added'])
  expect(await fresh.store.verify(token)).toMatchObject({ status: 'active', id, claims: { role: 'x' } })
  expect(await fresh.store.list('ada')).toMatchObject([{ id, device: 'phone' }])
  expect(await fresh.records.merge([entry, entry])).toEqual(['known', 'known'])
  expect(await fresh.store.revokeSubject('ada')).toEqual({ revokedIds: [id] })
})

// INV-TOKENS-54.
test('a session that was revoked since it was copied stays revoked', async () => {
  const { store, records, copy } = makePair()
  const { token } = await store.issue({ subject: 'ada' })
  const entry = copied(await copy(token))
  await store.revoke(token)
  expect(await records.merge([entry])).toEqual(['kept-revoked'])
  expect(await store.verify(token)).toMatchObject({ status: 'inactive', reason: 'revoked' })
})

test('a copied tombstone ends the session where it is live', async () => {
  const [one, other] = [makePair(), makePair()]
  const { token } = await one.store.issue({ subject: 'ada' })
  await other.records.merge([copied(await one.copy(token))])
  await one.store.revoke(token)
  const tombstone = copied(await one.copy(token))
  expect(await other.records.merge([tombstone])).toEqual(['added'])
  expect(await other.records.merge([tombstone])).toEqual(['known'])
  expect(await other.store.verify(token)).toMatchObject({ reason: 'revoked' })
})

test('an older copy takes back neither a touch nor an update', async () => {
  const { store, records, copy } = makePair()
  const { token } = await store.issue({ subject: 'ada', idleMs: 1000 })
  const entry = copied(await copy(token))
  await store.touch(token, { idleMs: 60_000 })
  await store.update(token, () => ({ step: 2 }))
  expect(await records.merge([entry])).toEqual(['known'])
  expect(await store.verify(token)).toMatchObject({ claims: { step: 2 }, idleUntilMs: BEGAN_MS + 60_000 })
})

test('the tombstone of a session that no node could find is prolonged to the end of the session', async () => {
  const { store, records, copy } = makePair()
  const { token } = await store.issue({ subject: 'ada', idleMs: 90_000, absoluteMs: 90_000 })
  const live = copied(await copy(token))
  const fresh = makePair()
  const short = { key: live.key, bytes: encodeRecord({ state: 'revoked', expiresAtMs: BEGAN_MS + 1000 }) }
  await fresh.records.merge([short])
  expect(await fresh.records.merge([live])).toEqual(['kept-revoked'])
  vi.setSystemTime(BEGAN_MS + 1000 + CLOCK_SKEW_MS + 1)
  expect(await fresh.records.merge([live])).toEqual(['kept-revoked'])
  expect(await records.merge([live])).toEqual(['known'])
})

describe('is not merged:', () => {
  test('what has ended by its lifetime', async () => {
    const { store, records, copy } = makePair()
    const { token } = await store.issue({ subject: 'ada', idleMs: 1000 })
    const entry = copied(await copy(token))
    vi.setSystemTime(BEGAN_MS + 1000)
    expect(await records.merge([entry])).toEqual(['expired'])
  })

  test.each([
    ['a record of another data centre', { dataCentre: 'dc2' }],
    ['a record of another key ring', { keyring: generateKeyring() }],
  ])('%s', async (_, options) => {
    const [one, other] = [makePair(), makePair(options)]
    const { token, id } = await one.store.issue({ subject: 'ada' })
    const entry = copied(await one.copy(token))
    expect(other.records.read(entry)).toEqual({ state: 'unreadable', id })
    expect(await other.records.merge([entry])).toEqual(['unreadable'])
    expect(await other.copy(token)).toBeNull()
  })

  test('a record under the key of another, or under none', async () => {
    const { store, records, copy } = makePair()
    const [one, other] = [await store.issue({ subject: 'ada' }), await store.issue({ subject: 'bob' })]
    const { bytes } = copied(await copy(one.token))
    for (const key of [tokenKey(other.token) ?? '', 'hf:mark', '', 'hf:{000}:t:x']) {
      expect(await records.merge([{ key, bytes }])).toEqual(['unreadable'])
    }
  })
})

test('RecordStore reads the fields of a list, and no claims', async () => {
  const { store, records, copy } = makePair()
  const { token, id, issuedAtMs, idleUntilMs, expiresAtMs } = await store.issue({
    subject: 'ada',
    claims: { secret: 1 },
  })
  const session = { id, subject: 'ada', device: '', issuedAtMs, idleUntilMs, expiresAtMs }
  expect(records.read(copied(await copy(token)))).toEqual({ state: 'live', id, session })
  await records.revoke([copied(await copy(token))])
  expect(records.read(copied(await copy(token)))).toEqual({ state: 'revoked', id, expiresAtMs })
  expect(await store.verify(token)).toMatchObject({ reason: 'revoked' })
})

test('RecordStore ends the session that replaced a copied one by a rotation', async () => {
  const { store, records, copy } = makePair()
  const { token } = await store.issue({ subject: 'ada' })
  const [live, rotated] = [copied(await copy(token)), await store.rotate(token)]
  const ended = copied(await copy(token))
  const again = await store.rotate('token' in rotated ? rotated.token : '')
  expect(again.status).toBe('active')
  await records.revoke([live])
  expect(await store.verify('token' in again ? again.token : '')).toMatchObject({ reason: 'revoked' })
  await records.revoke([ended])
  expect(await store.list('ada')).toEqual([])
})

test('RecordStore ends sessions also when it cannot open them', async () => {
  const { store, copy } = makePair()
  const { token } = await store.issue({ subject: 'ada' })
  const other = makePair({ keyring: generateKeyring() })
  await other.records.revoke([copied(await copy(token))])
  expect(await other.store.verify(token)).toMatchObject({ reason: 'revoked' })
})

test('RecordStore names a key ring by an id that is no part of it and stays when sealing keys rotate', () => {
  const { keyringId } = makePair().records
  const rotated = {
    ...KEYRING,
    current: 'k2',
    keys: { ...KEYRING.keys, k2: generateKeyring().keys['k1'] ?? '' },
  }
  expect(makePair({ keyring: rotated }).records.keyringId).toBe(keyringId)
  expect(makePair({ keyring: generateKeyring() }).records.keyringId).not.toBe(keyringId)
  expect(JSON.stringify(KEYRING)).not.toContain(keyringId)
})

// The danger: a copy outlives the tombstone. It cannot: a tombstone ends with its session, and the copy says when that is.
test('RecordStore whenever a session is touched, copied, revoked and restored, it is never active after its revocation', async () => {
  const HOUR_MS = 3_600_000
  const span = fc.integer({ min: 0, max: 3 * HOUR_MS })
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        idleMs: fc.integer({ min: 1, max: HOUR_MS }),
        absoluteMs: fc.integer({ min: 1, max: 2 * HOUR_MS }),
        touchAfterMs: span,
        copyAfterMs: fc.integer({ min: 0, max: HOUR_MS }),
        revokeAfterMs: span,
        restoreAfterMs: fc.array(span, { minLength: 1, maxLength: 4 }),
        lookAfterMs: span,
        asLateAsSkew: fc.boolean(),
      }),
      async (times) => {
        vi.setSystemTime(BEGAN_MS)
        const { store, records, copy } = makePair()
        const { token, expiresAtMs } = await store.issue({
          subject: 'ada',
          idleMs: times.idleMs,
          absoluteMs: times.absoluteMs,
        })
        const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)
        pass(Math.min(times.touchAfterMs, times.idleMs))
        await store.touch(token)
        pass(Math.min(times.copyAfterMs, times.idleMs))
        const entry = await copy(token)
        if (entry === null) return
        pass(times.revokeAfterMs)
        await store.revoke(token)
        const wasKnown = (await copy(token)) !== null
        for (const ms of times.restoreAfterMs) {
          // The hardest moment is when the tombstone has just been forgotten.
          if (times.asLateAsSkew) vi.setSystemTime(Math.max(Date.now(), expiresAtMs + CLOCK_SKEW_MS))
          else pass(ms)
          const [outcome] = await records.merge([entry])
          if (wasKnown) expect(outcome).not.toBe('added')
          expect(await store.verify(token)).not.toMatchObject({ status: 'active' })
        }
        pass(times.lookAfterMs)
        expect(await store.verify(token)).not.toMatchObject({ status: 'active' })
      },
    ),
    { numRuns: 300 },
  )
})
