import http from 'node:http'
import { expect, test } from 'vitest'
import { bodyOf, type Running, startGateway } from '../support.ts'

/** Sends a request from 127.0.109.5, which no gateway of this test trusts. */
function ask(gateway: Running, headers: http.OutgoingHttpHeaders): Promise<void> {
  return new Promise((resolve, reject) => {
    http
      .get(`${gateway.url}/login`, { localAddress: '127.0.109.5', agent: false, headers })
      .on('response', (response) => response.resume().on('end', resolve))
      .on('error', reject)
  })
}

const healthOf = async (gateway: Running) => (await bodyOf(await gateway.get('/healthz')))['degraded']
const toldBy = (gateway: Running) => gateway.log().split('"event":"proxy-not-trusted"').length - 1

test.each([
  { 'x-forwarded-for': '203.0.113.9' },
  { forwarded: 'for=203.0.113.9' },
  { 'x-real-ip': '203.0.113.9' },
])('an untrusted proxy is logged once and degrades the health: %o', async (headers) => {
  const gateway = await startGateway({ config: { trustedProxies: ['127.0.109.6'] } })
  for (let time = 0; time < 3; time++) await ask(gateway, headers)
  expect(await healthOf(gateway)).toEqual(['proxy-not-trusted'])
  expect(toldBy(gateway)).toBe(1)
  expect(gateway.log()).toContain('"address":"127.0.109.5"')
})

test('an untrusted proxy behind a trusted one is also noticed', async () => {
  const gateway = await startGateway({ config: { trustedProxies: ['127.0.109.5'] } })
  await ask(gateway, { 'x-forwarded-for': '203.0.113.9, 10.0.0.9' })
  expect(await healthOf(gateway)).toEqual(['proxy-not-trusted'])
  expect(gateway.log()).toContain('"address":"10.0.0.9"')
})

test.each([
  ['a trusted proxy that names a client', { 'x-forwarded-for': '203.0.113.9' }],
  ['a trusted proxy that names a client of the same network', { 'x-forwarded-for': '10.0.0.9' }],
  ['a client behind a trusted proxy that forged a header', { 'x-forwarded-for': '1.2.3.4, 203.0.113.9' }],
  ['a client without such headers', {}],
])('%s does not count as an untrusted proxy', async (_, headers) => {
  const gateway = await startGateway({ config: { trustedProxies: ['127.0.109.5'] } })
  await ask(gateway, headers)
  expect(await healthOf(gateway)).toEqual([])
  expect(toldBy(gateway)).toBe(0)
})
