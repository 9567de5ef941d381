import { expect, test } from 'vitest'
import { createGateway, parseGatewayConfig } from '../src/index.ts'
import { HOST, memoryStore, rawConfig, startGateway } from './support.ts'

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

test('a second close has no effect', async () => {
  const gateway = await startGateway()
  await Promise.all([gateway.close(), gateway.close()])
})
