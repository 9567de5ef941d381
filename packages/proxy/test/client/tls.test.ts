import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import { TestAuthority } from '@holdfast/testing'
import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { Redis } from 'ioredis'
import { beforeAll, expect, it } from 'vitest'
import { addClientUser, CLIENT, startProxy } from '../support/proxy.ts'

const group = groupOfThisFile()
beforeAll(() => addClientUser(group()))

const HOST = '127.0.0.1'

/** The fingerprint of the certificate that a new client sees. */
async function seenBy(port: number, ca: string): Promise<string> {
  const socket: TLSSocket = connect({ host: HOST, port, ca })
  await once(socket, 'secureConnect')
  const { fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  return fingerprint256
}

it('clients with TLS use the proxy, and see a new certificate without an end of their connection', async () => {
  const authority = await TestAuthority.create('dc1')
  const { ca } = authority
  const first = await authority.host()
  const second = await authority.host()
  await using proxy = await startProxy(group())
  const port = await proxy.proxy.listenWithTls({ host: HOST, port: 0 }, first)
  let disconnects = 0
  const client = new Redis({ host: HOST, port, ...CLIENT, tls: { ca }, retryStrategy: null })
  client.on('close', () => {
    disconnects += 1
  })
  try {
    expect(await client.set('encrypted', '1')).toBe('OK')
    const before = await seenBy(port, ca)
    expect(() => proxy.proxy.useCertificate({ cert: first.cert, key: second.key })).toThrow(/mismatch/)
    expect(await seenBy(port, ca)).toBe(before)
    proxy.proxy.useCertificate(second)
    expect(await seenBy(port, ca)).not.toBe(before)
    expect(await client.get('encrypted')).toBe('1')
    expect(disconnects).toBe(0)
    const plain = new Redis({ host: HOST, port, ...CLIENT, retryStrategy: null })
    plain.on('error', () => {})
    await expect(plain.get('encrypted')).rejects.toThrow()
  } finally {
    client.disconnect()
  }
})
