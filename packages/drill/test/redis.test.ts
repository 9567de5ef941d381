import { RedisGroup, TEST_USERS } from '@holdfast/testing'
import { createRedisStore, generateKeyring, type TokenStore, tokenKey } from '@holdfast/tokens'
import { formatAddress } from '@holdfast/tokens/redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { AcknowledgedSessions } from '../src/acknowledged-sessions.ts'
import { auditPrimary } from '../src/audit.ts'
import { addressOfNode, type PrimaryWatch, watchPrimary } from '../src/primary-watch.ts'
import { waitUntil } from '../src/waiting.ts'

const never = new AbortController().signal
let group: RedisGroup
let store: TokenStore
let watch: PrimaryWatch

const hasAllReplicas = () => watch.current()?.replicas.length === 2

beforeAll(async () => {
  group = await RedisGroup.start()
  store = createRedisStore({
    dataCentre: 'drill-test',
    keyring: generateKeyring(),
    ...group.access,
  })
  watch = watchPrimary({ nodes: group.redis.map(({ address }) => address), access: () => TEST_USERS.admin })
  await store.ready({ timeoutMs: 10_000 })
  expect(await waitUntil(hasAllReplicas, 10_000, never)).toBe(true)
})

afterAll(async () => {
  watch?.stop()
  await store?.close()
  await group?.stop()
})

it('the audit names the logins that the primary lacks, and the logouts that it undid', async () => {
  const sessions = new AcknowledgedSessions()
  for (const user of ['kept', 'lost', 'ended', 'undone', 'revoked-by-nobody']) {
    const { id, token } = await store.issue({ subject: user })
    sessions.add({ id, token, user })
  }
  const [kept, lost, ended, undone, revokedByNobody] = sessions.live
  if (!kept || !lost || !ended || !undone || !revokedByNobody) throw new Error('five sessions were issued')
  const primary = await group.primary()
  await group.run(primary, 'DEL', tokenKey(lost.token) ?? '')
  await store.revoke(ended.token)
  await store.revoke(revokedByNobody.token)
  sessions.acknowledgeLogout(ended, 0)
  sessions.acknowledgeLogout(undone, 0)

  const findings = await auditPrimary({
    watch,
    sessions,
    signal: never,
    target: { admin: () => TEST_USERS.admin },
  })
  expect(findings.holes).toEqual([])
  expect(findings.checked).toBe(5)
  expect(findings.missing).toEqual(new Set([lost.id, revokedByNobody.id]))
  expect(findings.undone).toEqual(new Set([undone.id]))
})

it('an audit that cannot log in is reported as incomplete', async () => {
  const sessions = new AcknowledgedSessions()
  sessions.add({ id: 'id', user: 'user', token: 'token' })
  const findings = await auditPrimary({
    watch,
    sessions,
    signal: never,
    target: { admin: () => ({ ...TEST_USERS.admin, password: 'wrong' }) },
  })
  expect(findings.checked).toBe(0)
  expect(findings.holes).toEqual([expect.stringContaining('could not be audited')])
})

it('the watch reports that a hung primary is silent, its successor, and the primary after it wakes', async () => {
  const before = await group.primary()
  const at = performance.now()
  before.pause()
  expect(await waitUntil(() => watch.nodes.some(({ role }) => role === null), 1000, never)).toBe(true)
  const successor = () => {
    const state = watch.current()
    return state !== null && state.node.port !== before.address.port && state.sinceMs > at ? state : null
  }
  expect(await waitUntil(() => successor() !== null, 15_000, never)).toBe(true)
  before.resume()
  expect(await waitUntil(hasAllReplicas, 20_000, never)).toBe(true)
  const current = watch.current()
  expect(current && addressOfNode(current)).not.toBe(formatAddress(before.address))
})
