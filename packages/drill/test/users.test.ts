import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createMemoryStore, generateKeyring } from '@holdfast/tokens'
import { afterEach, expect, it } from 'vitest'
import { createHttpClient } from '../src/http.ts'
import { createUserClient } from '../src/users.ts'

const http = createHttpClient()
const client = createUserClient(http)
let server: Server | null = null

afterEach(() => {
  http.close()
  server?.closeAllConnections()
  server?.close()
})

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

it('a login with a real token counts as acknowledged, by its public id', async () => {
  const store = createMemoryStore({ dataCentre: 'dc1', keyring: generateKeyring() })
  const { token, id } = await store.issue({ subject: 'ada' })
  let asked = ''
  const base = await serve((request, response) => {
    request.on('data', (chunk) => {
      asked += `${request.method} ${request.url} ${chunk}`
    })
    request.on('end', () =>
      response.setHeader('x-holdfast-server', 'gateway-3').end(JSON.stringify({ token, subject: 'ada' })),
    )
  })
  expect(await client.logIn(base, 'ada', 'secret', 1000)).toEqual({
    status: 'ok',
    value: { token, id },
    server: 'gateway-3',
  })
  expect(asked).toBe('POST /login {"username":"ada","password":"secret","response_type":"token"}')
})

it('only a 401 counts as rejected; an answer that tells nothing about the user is a failure', async () => {
  let status = 401
  const base = await serve((_, response) => {
    response.statusCode = status
    response.end(JSON.stringify({ error: { code: 'SOME_CODE' } }))
  })
  expect(await client.whoAmI(base, 't', 1000)).toMatchObject({ status: 'refused', what: '401 SOME_CODE' })
  for (status of [200, 403, 404, 500, 503]) {
    expect(await client.whoAmI(base, 't', 1000)).toMatchObject({ status: 'failed' })
  }
})

it('a request fails at its deadline, and when nothing listens', async () => {
  const base = await serve(() => {})
  expect(await client.whoAmI(base, 't', 100)).toMatchObject({ status: 'failed', what: 'no answer in 100 ms' })
  server?.closeAllConnections()
  server?.close()
  expect(await client.whoAmI(base, 't', 1000)).toMatchObject({ status: 'failed', what: 'ECONNREFUSED' })
})

it('closing the client ends its open requests', async () => {
  const base = await serve(() => {})
  const waiting = client.whoAmI(base, 't', 60_000)
  await once(server as Server, 'request')
  http.close()
  expect(await waiting).toMatchObject({ status: 'failed' })
})
