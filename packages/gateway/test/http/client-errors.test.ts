import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { HOST, PASSWORD, type Running, sendRaw, startGateway } from '../support.ts'

const head = (line: string) => `${line}\r\nHost: ${HOST}\r\n`
const quick = { limits: { drainMs: 0, headersTimeoutMs: 300, requestTimeoutMs: 600 } }

describe('requests that the HTTP parser rejects', () => {
  let gateway: Running
  afterEach(async () => {
    expect((await gateway.get('/livez')).status).toBe(200)
  })

  test.each([65_536, 1_048_576])('a header of %i bytes gets 431', async (bytes) => {
    gateway = await startGateway()
    const answer = await sendRaw(gateway.port, `${head('GET / HTTP/1.1')}X-Big: ${'a'.repeat(bytes)}\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 431 /)
    expect(answer).toContain('x-holdfast-server: gateway-1')
    expect(answer).toContain('"code":"HEADERS_TOO_LARGE"')
  })

  test.each([
    'hello\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00',
    'GET / HTTP/9.9\r\n\r\n',
    'FLY / HTTP/1.1\r\n\r\n',
  ])('bytes that are not HTTP get 400: %j', async (bytes) => {
    gateway = await startGateway()
    const answer = await sendRaw(gateway.port, bytes)
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).toContain('"code":"INVALID_REQUEST"')
  })

  test('garbage after a pending request gets no answer that the client could take for its own', async () => {
    gateway = await startGateway()
    const body = JSON.stringify({ username: 'ada', password: PASSWORD })
    const request = `${head('POST /login HTTP/1.1')}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    expect(await sendRaw(gateway.port, `${request}garbage\r\n\r\n`)).not.toMatch(/^HTTP\/1\.1 400/)
  })

  test('a client that never ends its headers gets 408', async () => {
    gateway = await startGateway({ config: quick })
    expect(await sendRaw(gateway.port, head('GET / HTTP/1.1'))).toMatch(/^HTTP\/1\.1 408 .*REQUEST_TIMEOUT/s)
  })

  test('a client that trickles its body is cut off', async () => {
    gateway = await startGateway({ config: quick })
    const socket = net.connect(gateway.port, HOST)
    socket.write(
      `${head('POST /login HTTP/1.1')}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"a":"`,
    )
    const trickle = setInterval(() => socket.write('a'), 100)
    // The whole body would take 100 seconds.
    await new Promise((resolve) => socket.on('error', () => {}).on('close', resolve))
    clearInterval(trickle)
  })
})

test.each([
  ['a malformed chunk', 'Transfer-Encoding: chunked', 'zz\r\n'],
  ['a chunk that never ends', 'Transfer-Encoding: chunked', '5\r\nhe'],
  ['fewer bytes than announced', 'Content-Length: 100', 'x'],
])('bodies with %s are one line in the log, at level info, with the reason', async (_, header, body) => {
  const gateway = await startGateway()
  for (const path of ['/logout', '/login', '/logout', '/login']) {
    const socket = net.connect(gateway.port, HOST)
    const closed = new Promise((resolve) => socket.on('error', () => {}).on('close', resolve))
    socket.end(`${head(`POST ${path} HTTP/1.1`)}Content-Type: application/json\r\n${header}\r\n\r\n${body}`)
    await closed
  }
  const lines = () =>
    gateway
      .log()
      .split('\n')
      .filter((line) => line.includes('"request-cut-off"'))
  await vi.waitFor(() => expect(lines()).toHaveLength(1))
  expect(lines()[0]).toContain('"level":"info"')
  expect(gateway.log()).not.toContain('"level":"error"')
})

test('slow clients do not delay the answers to other clients', async () => {
  const gateway = await startGateway()
  let ended = 0
  const sockets = Array.from({ length: 200 }, () =>
    net
      .connect(gateway.port, HOST)
      .on('error', () => {})
      .on('close', () => ended++),
  )
  for (const socket of sockets) socket.write(head('GET / HTTP/1.1'))
  await sleep(50)
  expect((await gateway.get('/livez')).status).toBe(200)
  expect(ended).toBe(0)
  for (const socket of sockets) socket.destroy()
})
