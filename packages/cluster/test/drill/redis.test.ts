import { RedisGroup, TEST_USERS } from '@holdfast/testing'
import { createRedisStore, generateKeyring, type TokenStore, tokenKey } from '@holdfast/tokens'
import { formatAddress } from '@holdfast/tokens/redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { auditPrimary } from '../../src/drill/audit.ts'
import { Ledger } from '../../src/drill/ledger.ts'
import { type PrimaryWatch, sightAddress, watchPrimary } from '../../src/drill/primary-watch.ts'
import { waitUntil } from '../../src/drill/waiting.ts'

const never = new AbortController().signal
let group: RedisGroup
let store: TokenStore
let watch: PrimaryWatch

beforeAll(async () => {
  group = await RedisGroup.start()
  const { username, password } = TEST_USERS.app
  store = createRedisStore({
    dataCentre: 'drill-test',
    keyring: generateKeyring(),
    sentinels: group.sentinels.map(({ address }) => address),
    username,
    password,
    sentinelUsername: username,
    sentinelPassword: password,
  })
  watch = watchPrimary({ nodes: group.redis.map(({ address }) => address), access: () => TEST_USERS.admin })
  await store.ready({ timeoutMs: 10_000 })
  expect(await waitUntil(() => watch.isWhole(), 10_000, never)).toBe(true)
})

afterAll(async () => {
  watch?.stop()
  await store?.close()
  await group?.stop()
})

it('the audit names the logins that the primary lacks and the log-outs that it undid', async () => {
  const ledger = new Ledger()
  for (const user of ['kept', 'lost', 'ended', 'undone', 'revoked-by-nobody']) {
    const { id, token } = await store.issue({ subject: user })
    ledger.add({ id, token, user })
  }
  const [kept, lost, ended, undone, revokedByNobody] = ledger.live
  if (!kept || !lost || !ended || !undone || !revokedByNobody) throw new Error('five sessions were issued')
  const primary = await group.primary()
  await group.run(primary, 'DEL', tokenKey(lost.token) ?? '')
  await store.revoke(ended.token)
  await store.revoke(revokedByNobody.token)
  ledger.acknowledgeLogout(ended, 0)
  ledger.acknowledgeLogout(undone, 0)

  const findings = await auditPrimary({
    watch,
    ledger,
    signal: never,
    target: { admin: () => TEST_USERS.admin },
  })
  expect(findings.holes).toEqual([])
  expect(findings.checked).toBe(5)
  expect(findings.missing).toEqual(new Set([lost.id, revokedByNobody.id]))
  expect(findings.undone).toEqual(new Set([undone.id]))
})

it('an audit without the right password is a hole, not a clean sheet', async () => {
  const ledger = new Ledger()
  ledger.add({ id: 'id', user: 'user', token: 'token' })
  const findings = await auditPrimary({
    watch,
    ledger,
    signal: never,
    target: { admin: () => ({ ...TEST_USERS.admin, password: 'wrong' }) },
  })
  expect(findings.checked).toBe(0)
  expect(findings.holes).toEqual([expect.stringContaining('could not be audited')])
})

it('the watch sees a hung primary go silent, its successor, and who is the primary after it wakes', async () => {
  const before = await group.primary()
  const at = performance.now()
  before.pause()
  expect(await waitUntil(() => watch.sights.some(({ role }) => role === null), 1000, never)).toBe(true)
  const successor = () => {
    const sight = watch.current()
    return sight !== null && sight.node.port !== before.address.port && sight.sinceMs > at ? sight : null
  }
  expect(await waitUntil(() => successor() !== null, 15_000, never)).toBe(true)
  before.resume()
  expect(await waitUntil(() => watch.isWhole(), 20_000, never)).toBe(true)
  const current = watch.current()
  expect(current && sightAddress(current)).not.toBe(formatAddress(before.address))
})
