import { setTimeout as sleep } from 'node:timers/promises'
import { createMemoryStore } from '@holdfast/tokens'
import { expect, test } from 'vitest'
import { asBearer, KEYRING, NOBODY, startGateway } from '../support.ts'

test('a session in use outlives its idle lifetime, and an unused session ends', async () => {
  const store = createMemoryStore({ dataCentre: 'dc1', keyring: KEYRING, idleMs: 1000 })
  const config = { store: { sentinels: [NOBODY], keyring: KEYRING, idleMs: 1000 } }
  const gateway = await startGateway({ store, config })
  const [used, unused] = [await gateway.logIn(), await gateway.logIn()]
  for (let round = 0; round < 8; round++) {
    await sleep(200)
    expect((await gateway.get('/verify', asBearer(used))).status).toBe(200)
  }
  expect((await gateway.get('/verify', asBearer(unused))).status).toBe(401)
})
