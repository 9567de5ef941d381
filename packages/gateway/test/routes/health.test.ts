import { expect, test } from 'vitest'
import { awayStore, bodyOf, memoryStore, startGateway } from '../support.ts'

test('a gateway with a working store is live and ready', async () => {
  const gateway = await startGateway()
  for (const path of ['/livez', '/readyz']) expect((await gateway.get(path)).status).toBe(200)
})

test('a gateway that cannot verify tokens is live but not ready, and names no host', async () => {
  const store = awayStore()
  const status = store.status()
  store.status = () => ({ ...status, problem: 'Cannot connect to 192.0.2.9:26379: ECONNREFUSED.' })
  const gateway = await startGateway({ store })
  expect((await gateway.get('/livez')).status).toBe(200)
  const response = await gateway.get('/readyz')
  expect(response.status).toBe(503)
  expect(await bodyOf(response)).toEqual({
    ready: false,
    server: 'gateway-1',
    why: 'This gateway cannot verify tokens now. Its log has the reason.',
  })
})

test('a gateway stays ready during a short lack of connections, as in a failover', async () => {
  const store = memoryStore()
  const status = store.status()
  const backAtMs = performance.now() + 200
  store.status = () => ({ ...status, readable: performance.now() > backAtMs })
  const gateway = await startGateway({ store })
  expect((await gateway.get('/readyz')).status).toBe(200)
  expect(performance.now()).toBeGreaterThan(backAtMs)
})

// INV-GATEWAY-28.
test('a stopping gateway is not ready while it still answers', async () => {
  const gateway = await startGateway({ config: { limits: { drainMs: 2000 } } })
  const token = await gateway.logIn()
  const closed = gateway.close()
  const ready = await gateway.get('/readyz')
  expect([ready.status, ready.headers.get('connection')]).toEqual([503, 'close'])
  expect((await gateway.get('/verify', { cookie: `holdfast=${token}` })).status).toBe(200)
  await closed
  await expect(gateway.get('/livez')).rejects.toThrow('fetch failed')
})
