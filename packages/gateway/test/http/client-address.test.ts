import http from 'node:http'
import { describe, expect, test } from 'vitest'
import { type Running, startGateway } from '../support.ts'

/** The address that the gateway logs for a client that connects from 127.0.109.5. */
async function takenFor(gateway: Running, forwarded: string | string[] | null): Promise<unknown> {
  await new Promise<void>((resolve, reject) => {
    const headers = forwarded === null ? {} : { 'x-forwarded-for': forwarded }
    http
      .request(`${gateway.url}/logout`, {
        method: 'POST',
        localAddress: '127.0.109.5',
        agent: false,
        headers,
      })
      .on('response', (response) => response.resume().on('end', resolve))
      .on('error', reject)
      .setHeader('sec-fetch-site', 'cross-site')
      .end()
  })
  const lines = gateway
    .log()
    .split('\n')
    .filter((line) => line.includes('"event":"cross-site-refused"'))
  return JSON.parse(lines.at(-1) ?? '{}').remote
}

test('the address of the connection counts when no proxy is trusted', async () => {
  const gateway = await startGateway()
  expect(await takenFor(gateway, '203.0.113.9')).toBe('127.0.109.5')
  expect(await takenFor(gateway, null)).toBe('127.0.109.5')
})

// INV-GATEWAY-5.
test('the address of the connection counts when the client is not a trusted proxy', async () => {
  const gateway = await startGateway({
    config: { trustedProxies: ['127.0.109.6', '10.0.0.0/8', 'fd00::/8'] },
  })
  expect(await takenFor(gateway, '203.0.113.9')).toBe('127.0.109.5')
})

describe('the headers of a trusted proxy', () => {
  test.each([
    ['the address', '203.0.113.9', '203.0.113.9'],
    ['an IPv6 address', '2001:DB8::1', '2001:db8::1'],
    ['IPv4 in IPv6', '::ffff:203.0.113.9', '203.0.113.9'],
    ['the right-most untrusted address', '203.0.113.1, 203.0.113.9', '203.0.113.9'],
    ['an address after forged ones', '10.0.0.9, 127.0.0.1, 203.0.113.9', '203.0.113.9'],
    ['an address before trusted ones', '203.0.113.9, 10.0.0.9, 10.0.0.8', '203.0.113.9'],
    ['an address in the last of several headers', ['203.0.113.1', '203.0.113.9'], '203.0.113.9'],
    ['a text that is not an address', 'unknown', '127.0.109.5'],
    ['a text after an address', '203.0.113.9, <script>', '127.0.109.5'],
    ['an address with a port', '203.0.113.9:4711', '127.0.109.5'],
    ['a missing header', null, '127.0.109.5'],
    ['an empty header', '', '127.0.109.5'],
  ])('the gateway reads %s from a trusted proxy: %j', async (_, forwarded, address) => {
    const gateway = await startGateway({ config: { trustedProxies: ['127.0.109.0/24', '10.0.0.0/8'] } })
    expect(await takenFor(gateway, forwarded)).toBe(address)
  })
})
