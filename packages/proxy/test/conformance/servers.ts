import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { startStandaloneRedis, TEST_USERS } from '@holdfast/testing'
import { Connection } from '@holdfast/tokens/redis'
import { CLIENT } from '../support/proxy.ts'
import { RawClient } from './compare.ts'

export interface Reference extends AsyncDisposable {
  port: number
}

/** Starts a lone Redis with the user of the clients. */
export async function startReference(): Promise<Reference> {
  const { server, stop } = await startStandaloneRedis()
  const admin = await Connection.open({ address: server.address, ...TEST_USERS.admin })
  const { username, password } = CLIENT
  await admin.send(['ACL', 'SETUSER', username, 'on', `>${password}`, '~*', '&*', '+@all'], 5000)
  admin.close()
  return { port: server.address.port, [Symbol.asyncDispose]: stop }
}

/** Connects to a server, logs in, and selects a database that nothing else uses. */
export async function openClient(port: number, protocol: 2 | 3): Promise<RawClient> {
  const client = await RawClient.open(port)
  const { username, password } = CLIENT
  const login = protocol === 3 ? ['HELLO', '3', 'AUTH'] : ['AUTH']
  const calls = [
    [...login, username, password],
    ['SELECT', '3'],
  ]
  await client.ask(calls.map((call) => call.map((word) => Buffer.from(word))))
  return client
}

/** Forwards to a server, and changes one byte of what it answers. */
export async function startFaultyRelay(port: number, changedByte: number): Promise<Reference> {
  const server = createServer((client) => {
    let seen = 0
    const upstream = connect(port, '127.0.0.1')
    upstream.on('data', (chunk: Buffer) => {
      const at = changedByte - seen
      seen += chunk.length
      if (at >= 0 && at < chunk.length) chunk[at] = (chunk[at] ?? 0) ^ 1
      client.write(chunk)
    })
    client.pipe(upstream)
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      socket.on('error', () => {})
      socket.on('close', () => other.destroy())
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const stop = () => new Promise<void>((resolve) => server.close(() => resolve()))
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: stop }
}
