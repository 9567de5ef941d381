import net from 'node:net'
import { createRedisStore } from '@holdfast/tokens'
import { expect, onTestFinished, test } from 'vitest'
import { createGateway, parseGatewayConfig } from '../src/index.ts'
import { HOST, KEYRING, memoryStore, NOBODY, PASSWORD, rawConfig, startGateway } from './support.ts'

test('the message about an address in use is one sentence', async () => {
  const first = await startGateway()
  const config = { ...rawConfig(), usersFile: first.usersFile, listen: { host: HOST, port: first.port } }
  const second = await createGateway(parseGatewayConfig(config), memoryStore(), { logStream: { write() {} } })
  await expect(second.listen()).rejects.toMatchObject({
    code: 'LISTEN_FAILED',
    message: `gateway-1 cannot listen on ${HOST} port ${first.port}: another process listens there; end it or choose another \`listen.port\`.`,
  })
  await second.close()
})

test('the message about an address of another machine is one sentence', async () => {
  const { usersFile } = await startGateway()
  const config = { ...rawConfig(), usersFile, secureCookies: true, listen: { host: '192.0.2.1', port: 8080 } }
  const gateway = await createGateway(parseGatewayConfig(config), memoryStore(), {
    logStream: { write() {} },
  })
  await expect(gateway.listen()).rejects.toThrow(/192\.0\.2\.1 port 8080: this machine has no such address/)
  await gateway.close()
})

test('the message about a missing users file is one sentence', async () => {
  const gateway = createGateway(parseGatewayConfig(rawConfig()), memoryStore(), { logStream: { write() {} } })
  await expect(gateway).rejects.toThrow('The users file /nowhere/users.json does not exist')
})

test('a gateway ends within five seconds despite open connections, and answers a waiting login with 503', async () => {
  const store = createRedisStore({ dataCentre: 'dc1', keyring: KEYRING, sentinels: [NOBODY] })
  onTestFinished(() => store.close())
  const gateway = await startGateway({ store, config: { limits: { drainMs: 1000 } } })
  const idle = net.connect(gateway.port, HOST).on('error', () => {})
  const slow = net.connect(gateway.port, HOST).on('error', () => {})
  slow.write(
    'POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
  )
  const login = gateway.post('/login', { username: 'ada', password: PASSWORD })
  await new Promise((resolve) => setTimeout(resolve, 200))
  const startMs = performance.now()
  await gateway.close()
  expect(performance.now() - startMs).toBeLessThan(5000)
  expect((await login).status).toBe(503)
  for (const socket of [idle, slow]) socket.destroy()
})

test('a second close has no effect', async () => {
  const gateway = await startGateway()
  await Promise.all([gateway.close(), gateway.close()])
})
