import net from 'node:net'
import v8 from 'node:v8'
import vm from 'node:vm'
import { leaseNetwork } from '@holdfast/testing/leases'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { createAdminToken, createGateway, parseGatewayConfig } from '../../src/index.ts'
import { EVERY_ROUTE, memoryStore, PASSWORD, rawConfig, startGateway } from '../support.ts'
import { type FuzzedRequest, fuzzedRequest } from './requests.ts'

/** HOLDFAST_FUZZ=100000 sends 100,000 requests, which takes minutes. */
const REQUESTS = Number(process.env['HOLDFAST_FUZZ'] ?? 3000)
/** One request in this many goes over a real socket. */
const SOCKET_SHARE = 10
const GROWTH_BYTES = 64 * 1024 * 1024
/** Sockets, timers and files of the process that may come and go. */
const GROWTH_HANDLES = 8
const HOST = `${await leaseNetwork()}.1`

/** Memory usage is comparable only after a garbage collection. */
v8.setFlagsFromString('--expose-gc')
const collectGarbage = vm.runInNewContext('gc') as () => void

const users = Array.from({ length: 4 }, (_, number) => `user-${number}`)

async function startFuzzed() {
  const { usersFile } = await startGateway()
  const administrator = createAdminToken()
  const admin = {
    listen: { host: HOST, port: 0 },
    administrators: [{ name: 'fuzz', tokenSha256: administrator.tokenSha256, access: 'change' }],
  }
  const log: string[] = []
  const store = memoryStore()
  const limits = { drainMs: 0, passwordChecks: 8, requestTimeoutMs: 1000, headersTimeoutMs: 500 }
  const raw = rawConfig({
    usersFile,
    admin,
    limits,
    listen: { host: HOST, port: 0 },
    ...EVERY_ROUTE,
  })
  const gateway = await createGateway(parseGatewayConfig(raw), store, {
    logStream: { write: (line) => log.push(line) },
  })
  await gateway.listen()
  onTestFinished(() => gateway.close())
  const tokens = await Promise.all(users.map(async (subject) => (await store.issue({ subject })).token))
  const [everybody, administrators] = [gateway, gateway.admin]
  if (administrators === null) throw new Error('The admin API is off.')
  return { everybody, administrators, log, secrets: [PASSWORD, administrator.token, ...tokens] }
}

/** Sends a request as bytes, because an HTTP client would reject it. Returns the status, or null without an answer. */
function overSocket(
  port: number,
  { method, url, headers, body }: FuzzedRequest,
): Promise<{ status: number | null; text: string }> {
  const lines = Object.entries({ host: 'x', connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  )
  const length = body === undefined ? [] : [`content-length: ${Buffer.byteLength(body)}`]
  const head = [`${method} ${url} HTTP/1.1`, ...lines, ...length].join('\r\n')
  return new Promise((resolve) => {
    const socket = net.connect(port, HOST)
    let text = ''
    socket.setTimeout(5000, () => socket.destroy())
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    // A server that rejected a body may reset the connection; only its answer counts.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      const status = /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]
      resolve({ status: status === undefined ? null : Number(status), text })
    })
    socket.write(`${head}\r\n\r\n${body ?? ''}`, 'utf8')
  })
}

test(
  `${REQUESTS} random requests reach every route and cause no 5xx but 503, no crash, no growth of memory or handles, and no secret in an answer or the log`,
  async () => {
    const { everybody, administrators, log, secrets } = await startFuzzed()
    let sent = 0
    let logged = 0
    const statuses = new Map<string, number>()
    const bytes: number[] = []
    const handles: number[] = []
    const reached = new Set<FuzzedRequest['route']>()

    const check = async (server: typeof everybody | typeof administrators, request: FuzzedRequest) => {
      sent += 1
      const address = server.app.server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      const { method, url, headers, body } = request
      // The framework's injection accepts only URLs; a socket accepts anything.
      const isOverSocket = sent % SOCKET_SHARE === 0 || !URL.canParse(url, 'http://localhost')
      const answer = isOverSocket
        ? await overSocket(port, request)
        : await server.app
            .inject({
              method: method as 'GET',
              url,
              headers,
              ...(body === undefined ? {} : { payload: body }),
            })
            .then(({ statusCode, body: text, headers: given }) => ({
              status: statusCode,
              text: JSON.stringify(given) + text,
            }))
      if (method === request.route?.method && answer.status !== 404) reached.add(request.route)
      statuses.set(String(answer.status), (statuses.get(String(answer.status)) ?? 0) + 1)
      if (answer.status !== null)
        expect(answer.status < 500 || answer.status === 503, `${answer.status}`).toBe(true)
      // Only the answer to a login contains its token. A return address is the client's own text, whatever it contains.
      // to is the sender's own words, whatever they are.
      const ownWords = server === everybody ? `${url}${body ?? ''}` : ''
      for (const secret of secrets.filter((text) => !ownWords.includes(text)))
        expect(answer.text.includes(secret), `a secret in an answer of ${answer.status}`).toBe(false)
      for (; logged < log.length; logged++) {
        for (const secret of secrets) expect(log[logged]?.includes(secret), log[logged]).toBe(false)
        // No server listens on the address of the OpenID provider.
        if (!log[logged]?.includes('"provider-away"')) expect(log[logged]).not.toContain('"level":"error"')
      }
      if (sent % 500 === 0) {
        log.length = 0
        logged = 0
        collectGarbage()
        bytes.push(process.memoryUsage().heapUsed)
        handles.push(process.getActiveResourcesInfo().length)
      }
    }

    const requests = [
      [everybody, Math.ceil(REQUESTS * 0.7)],
      [administrators, Math.floor(REQUESTS * 0.3)],
    ] as const
    for (const [server, numRuns] of requests) {
      await fc.assert(
        fc.asyncProperty(fuzzedRequest(server.routes, secrets), (request) => check(server, request)),
        { numRuns, endOnFailure: true },
      )
    }
    expect(sent).toBeGreaterThanOrEqual(REQUESTS)
    // The requests must be varied: some succeed and some fail.
    expect(statuses.get('200') ?? 0, JSON.stringify([...statuses])).toBeGreaterThan(sent / 100)
    expect((statuses.get('400') ?? 0) + (statuses.get('401') ?? 0)).toBeGreaterThan(sent / 100)
    expect((await everybody.app.inject('/livez')).statusCode).toBe(200)
    const [early = 0, late = 0] = [bytes[Math.floor(bytes.length / 3)], bytes.at(-1)]
    expect(late - early).toBeLessThan(GROWTH_BYTES)
    const [few = 0, many = 0] = [handles[0], handles.at(-1)]
    expect(many - few).toBeLessThan(GROWTH_HANDLES)
    // The servers' own tables: a route that no request reaches is not fuzzed.
    const missed = [...everybody.routes, ...administrators.routes].filter((route) => !reached.has(route))
    expect(missed.map(({ method, url }) => `${method} ${url}`)).toEqual([])
    if (REQUESTS > 10_000)
      console.log(
        sent,
        JSON.stringify(Object.fromEntries(statuses)),
        `heap ${early} to ${late}, handles ${few} to ${many}`,
      )
  },
  Math.max(30_000, REQUESTS * 60),
)
