import { once } from 'node:events'
import { type ServerProcess, startStandaloneRedis } from '@holdfast/testing'
import { within } from '@holdfast/testing/within'
import { createRedisStore, type RedisStoreOptions, type TokenStore } from '@holdfast/tokens'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { errorOf, KEYRING, NOBODY, pauseUntilFinished } from '../../support.ts'
import { testStore } from '../session/contract.ts'

let redis: ServerProcess
beforeAll(async () => {
  const { server, stop } = await startStandaloneRedis()
  redis = server
  return stop
})

function makeStandalone(options: Partial<RedisStoreOptions> = {}): TokenStore {
  const app = { username: 'app', password: 'test-app-password' }
  return createRedisStore({
    dataCentre: 'dc1',
    keyring: KEYRING,
    ...app,
    ...options,
    standalone: redis.address,
  } as RedisStoreOptions)
}

async function openStandalone(options: Partial<RedisStoreOptions> = {}): Promise<TokenStore> {
  const store = makeStandalone(options)
  onTestFinished(() => store.close())
  await store.ready({ timeoutMs: 5000 })
  return store
}

testStore(async (options) => {
  const store = makeStandalone(options)
  await store.ready({ timeoutMs: 5000 })
  return store
})

test('it says at the start what one Redis does not promise', async () => {
  const warned = once(process, 'warning')
  await openStandalone()
  const [warning] = await warned
  expect(warning).toMatchObject({ name: 'HoldfastWarning', code: 'HOLDFAST_STANDALONE' })
  expect(String(warning)).toContain('logins are lost with it')
})

test('it warns of a Redis without an append-only file, whose crash undoes logouts', async () => {
  const bare = await startStandaloneRedis({ redisConfig: 'appendonly no' })
  onTestFinished(() => bare.stop())
  const codes: (string | undefined)[] = []
  const hear = (warning: Error & { code?: string }) => void codes.push(warning.code)
  process.on('warning', hear)
  onTestFinished(() => void process.off('warning', hear))
  const address = bare.server.address
  const app = { username: 'app', password: 'test-app-password' }
  const store = createRedisStore({ dataCentre: 'dc1', keyring: KEYRING, ...app, standalone: address })
  onTestFinished(() => store.close())
  await store.ready({ timeoutMs: 5000 })
  await expect.poll(() => codes).toContain('HOLDFAST_NO_AOF')
  codes.length = 0
  await openStandalone()
  await expect.poll(() => codes).toEqual(['HOLDFAST_STANDALONE'])
})

test('a log-out survives a crash of the Redis, and its return', async () => {
  const store = await openStandalone()
  const other = await openStandalone()
  const { token } = await store.issue({ subject: 'ann' })
  const { token: ended } = await store.issue({ subject: 'ann' })
  await store.revoke(ended)
  await redis.kill()
  // Until it notices, its lease still holds.
  await expect
    .poll(() => other.verify(token, { timeoutMs: 200 }), { timeout: 1000 })
    .toMatchObject({ status: 'unavailable' })
  const waiting = store.issue({ subject: 'ben' })
  await redis.start()
  await waiting
  const fresh = await openStandalone()
  expect(await fresh.verify(ended)).toMatchObject({ status: 'inactive', reason: 'revoked' })
  expect(await fresh.verify(token)).toMatchObject({ status: 'active' })
})

test('while it hangs, known sessions end with the lease and nothing is guessed', async () => {
  const store = await openStandalone({ leaseMs: 300 })
  const { token } = await store.issue({ subject: 'ann' })
  expect(await store.verify(token)).toMatchObject({ status: 'active' })
  pauseUntilFinished([redis])
  await new Promise((resolve) => setTimeout(resolve, 400))
  const value = await within(store.verify(token, { timeoutMs: 200 }))
  expect(value).toMatchObject({ status: 'unavailable', code: 'STORE_UNAVAILABLE' })
})

test('a Redis that is not there is named', async () => {
  const store = createRedisStore({ dataCentre: 'dc1', keyring: KEYRING, standalone: NOBODY })
  const error = await errorOf(store.ready({ timeoutMs: 300 }))
  await store.close()
  expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' })
  expect(error.message).toContain('Cannot connect to 127.0.40.99:9: ECONNREFUSED.')
})

test('Sentinels and a standalone Redis exclude each other', () => {
  const both = { standalone: NOBODY, sentinels: [NOBODY] } as unknown as RedisStoreOptions
  expect(() => createRedisStore({ ...both, dataCentre: 'dc1', keyring: KEYRING })).toThrow(
    'Give `sentinels` or `standalone`, not both.',
  )
})
