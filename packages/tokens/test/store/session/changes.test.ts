import { expect, onTestFinished, test } from 'vitest'
import type { TokenRecord } from '../../../src/record/record.ts'
import { MemoryBackend } from '../../../src/store/backend/memory-backend.ts'
import type { MergeRequest, Rotated, RotateRequest } from '../../../src/store/commit/requests.ts'
import { SessionStore } from '../../../src/store/session/session-store.ts'
import { errorOf, KEYRING } from '../../support.ts'

const LIMITS = { verifyTimeoutMs: 1000, writeTimeoutMs: 5000, maxRemembered: 10, maxWaitingChanges: 100 }

/** A backend in which another process can do something between the read and the write of a change. */
class ContendedBackend extends MemoryBackend {
  beforeMerge: (() => Promise<unknown>) | null = null

  override async merge(requests: MergeRequest[]): Promise<TokenRecord[]> {
    const interrupt = this.beforeMerge
    this.beforeMerge = null
    await interrupt?.()
    const merged = await super.merge(requests)
    this.beforeMerge = interrupt
    return merged
  }

  beforeRotate: (() => Promise<unknown>) | null = null

  override async rotate(request: RotateRequest): Promise<Rotated> {
    await this.beforeRotate?.()
    return super.rotate(request)
  }
}

/** Processes that share the records of one backend. */
function processes(limits: Partial<typeof LIMITS> = {}) {
  const backend = new ContendedBackend()
  const open = () =>
    new SessionStore(() => backend, { dataCentre: 'dc1', keyring: KEYRING }, { ...LIMITS, ...limits })
  const [one, two] = [open(), open()]
  onTestFinished(() => backend.close())
  return { backend, one, two }
}

const increment = (store: SessionStore, token: string, timeoutMs?: number) =>
  store.update(
    token,
    ({ count }) => ({ count: Number(count) + 1 }),
    timeoutMs === undefined ? undefined : { timeoutMs },
  )

test('an update that another process overtook is tried again until it succeeds', async () => {
  const { backend, one, two } = processes()
  const { token } = await one.issue({ subject: 'ann', claims: { count: 0 } })
  let left = 9
  backend.beforeMerge = async () => {
    if (left-- > 0) await increment(two, token)
  }
  expect(await increment(one, token)).toMatchObject({ claims: { count: 10 } })
})

test('an update that other processes overtake until its deadline was not applied, and says so', async () => {
  const { backend, one, two } = processes()
  const { token } = await one.issue({ subject: 'ann', claims: { count: 0 } })
  let overtaken = 0
  backend.beforeMerge = async () => {
    overtaken += 1
    await increment(two, token)
  }
  expect(await errorOf(increment(one, token, 100))).toMatchObject({ code: 'UPDATE_CONFLICT' })
  expect(overtaken).toBeGreaterThan(1)
  expect(await one.verify(token)).toMatchObject({ claims: { count: overtaken } })
})

test('two processes with 30 updates each of one session lose none', async () => {
  const { one, two } = processes()
  const { token } = await one.issue({ subject: 'ann', claims: { count: 0 } })
  const updates = Array.from({ length: 30 }, () => [increment(one, token), increment(two, token)])
  const updated = await Promise.all(updates.flat())
  expect(updated.map(({ status }) => status)).toEqual(updated.map(() => 'active'))
  expect(await two.verify(token)).toMatchObject({ claims: { count: 60 } })
})

// INV-TOKENS-26.
test('an update beyond the bound of the waiting ones is refused at once, and the others succeed', async () => {
  const { one } = processes({ maxWaitingChanges: 500 })
  const { token } = await one.issue({ subject: 'ann', claims: { count: 0 } })
  const running = increment(one, token, 60_000)
  const waiting = Array.from({ length: 500 }, () => increment(one, token, 60_000))
  const refused = await errorOf(increment(one, token))
  expect(refused).toMatchObject({
    code: 'STORE_OVERLOADED',
    message: expect.stringContaining('500 changes'),
  })
  await Promise.all([running, ...waiting])
  expect(await one.verify(token)).toMatchObject({ claims: { count: 501 } })
  expect(await increment(one, token)).toMatchObject({ claims: { count: 502 } })
})

test('a change that waits for one that hangs ends at its own deadline, and the next one runs', async () => {
  const { backend, one } = processes()
  const { token } = await one.issue({ subject: 'ann', claims: { count: 0 } })
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  backend.beforeMerge = () => gate
  const hung = increment(one, token)
  const ended = await errorOf(increment(one, token, 20))
  expect(ended).toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('Nothing was changed'),
  })
  const signal = new AbortController()
  const aborted = errorOf(one.rotate(token, { signal: signal.signal }))
  signal.abort()
  expect(await aborted).toMatchObject({ code: 'STORE_UNAVAILABLE' })
  const next = increment(one, token)
  open()
  expect(await hung).toMatchObject({ claims: { count: 1 } })
  expect(await next).toMatchObject({ claims: { count: 2 } })
})

test('a change that throws lets the next one run', async () => {
  const { one } = processes()
  const { token } = await one.issue({ subject: 'ann', claims: { count: 0 } })
  const thrown = errorOf(
    one.update(token, () => {
      throw new Error('no')
    }),
  )
  const next = increment(one, token)
  expect(await thrown).toMatchObject({ message: 'no' })
  expect(await next).toMatchObject({ claims: { count: 1 } })
})

test('a rotation takes over the claims of the update that ran before it in its process', async () => {
  const { one } = processes()
  const { token } = await one.issue({ subject: 'ann', claims: { count: 0 } })
  const [updated, rotated] = await Promise.all([increment(one, token), one.rotate(token)])
  expect(updated).toMatchObject({ claims: { count: 1 } })
  expect(rotated).toMatchObject({ status: 'active', claims: { count: 1 } })
})

test('a rotation that another process overtook with an update takes over the newest claims', async () => {
  const { backend, one, two } = processes()
  const { subject, token } = await one.issue({ subject: 'ann', claims: { count: 0 } })
  let left = 3
  backend.beforeRotate = async () => {
    if (left-- > 0) await increment(two, token)
  }
  const rotated = await one.rotate(token)
  expect(rotated).toMatchObject({ status: 'active', claims: { count: 3 } })
  expect(await one.list(subject)).toHaveLength(1)
  expect(await two.update(token, () => ({}))).toMatchObject({ status: 'inactive', reason: 'revoked' })
})

test('a rotation that other processes overtake until its deadline leaves the old session alone', async () => {
  const { backend, one, two } = processes()
  const { subject, token } = await one.issue({ subject: 'ann', claims: { count: 0 } })
  backend.beforeRotate = () => increment(two, token)
  expect(await errorOf(one.rotate(token, { timeoutMs: 60 }))).toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('The old token is still valid'),
  })
  expect((await one.verify(token)).status).toBe('active')
  expect(await one.list(subject)).toHaveLength(1)
})
