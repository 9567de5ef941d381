import { mkdtemp, rm } from 'node:fs/promises'
import http from 'node:http'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Page } from '@holdfast/testing/chromium'
import { createMemoryStore, createRedisStore, generateKeyring, type TokenStore } from '@holdfast/tokens'
import { onTestFinished } from 'vitest'
import { addUser, createClient, createGateway, parseGatewayConfig } from '../src/index.ts'
import { createGuessLimit, type GuessLimit } from '../src/limits/guess-limit.ts'

export const HOST = '127.0.60.1'
/** An address of loopback on which nothing listens. */
export const NOBODY = { host: '127.0.60.99', port: 9 }
export const PASSWORD = 'Tr0ub4dor-and-three'
export const KEYRING = generateKeyring()

/** A folder that is removed when the test has ended. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-gateway-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** The content of a configuration file, as parsed from JSON. */
export function rawConfig(overrides: Record<string, unknown> = {}) {
  return {
    name: 'gateway-1',
    dataCentre: 'dc1',
    listen: { host: HOST, port: 0 },
    usersFile: '/nowhere/users.json',
    secureCookies: false,
    store: { sentinels: [NOBODY], keyring: KEYRING },
    limits: { drainMs: 0 },
    ...overrides,
  }
}

/** The parts of a configuration that add routes. Its OpenID provider is unavailable. */
export const EVERY_ROUTE = {
  metrics: { public: true },
  oauth: {
    issuer: 'https://login.example.org',
    clients: [createClient('billing', ['introspect', 'revoke']).entry],
  },
  identities: {
    oidc: {
      issuer: 'http://127.0.0.1:1',
      clientId: 'holdfast',
      clientSecret: 'x'.repeat(32),
      publicUrl: 'http://127.0.0.1:8080',
    },
  },
}

export function memoryStore(): TokenStore {
  return createMemoryStore({ dataCentre: 'dc1', keyring: KEYRING })
}

/** A limit on consecutive failures, counted in `store`. */
export function guessLimit(limit = 100, store = memoryStore()): GuessLimit {
  const onFailure = (error: unknown) => {
    throw error
  }
  return createGuessLimit({
    attempts: store.attempts,
    limit,
    signal: new AbortController().signal,
    onFailure,
  })
}

/** A real store whose Redis is unavailable. */
export function awayStore(): TokenStore {
  const store = createRedisStore({
    dataCentre: 'dc1',
    keyring: KEYRING,
    sentinels: [NOBODY],
    verifyTimeoutMs: 200,
    writeTimeoutMs: 200,
  })
  onTestFinished(() => store.close())
  return store
}

export interface Running {
  url: string
  port: number
  store: TokenStore
  usersFile: string
  /** The whole log. */
  log: () => string
  close: () => Promise<void>
  get: (path: string, headers?: Record<string, string>) => Promise<Response>
  post: (path: string, body?: unknown, headers?: Record<string, string>) => Promise<Response>
  postForm: (
    path: string,
    fields: Record<string, string>,
    headers?: Record<string, string>,
  ) => Promise<Response>
  /** Logs `ada` in for a bearer token and returns it. */
  logIn: (headers?: Record<string, string>) => Promise<string>
}

/** A gateway on a free port with the user `ada`; it ends with the test. */
export async function startGateway(
  options: { store?: TokenStore; config?: Record<string, unknown> } = {},
): Promise<Running> {
  const store = options.store ?? memoryStore()
  const usersFile = path.join(await temporaryFolder(), 'users.json')
  await addUser(usersFile, 'ada', PASSWORD)
  const lines: string[] = []
  // Without undefined values, as in a file.
  const raw = JSON.stringify(rawConfig({ usersFile, ...options.config }))
  const config = parseGatewayConfig(JSON.parse(raw))
  const gateway = await createGateway(config, store, { logStream: { write: (line) => lines.push(line) } })
  const url = await gateway.listen()
  onTestFinished(() => gateway.close())

  const send = (to: string, init: RequestInit) => fetch(url + to, { redirect: 'manual', ...init })
  const post: Running['post'] = (to, body, headers) =>
    send(to, {
      method: 'POST',
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  return {
    url,
    port: Number(new URL(url).port),
    store,
    usersFile,
    log: () => lines.join(''),
    close: gateway.close,
    get: (to, headers = {}) => send(to, { headers }),
    post,
    postForm: (to, fields, headers = {}) =>
      send(to, { method: 'POST', headers, body: new URLSearchParams(fields) }),
    async logIn(headers) {
      const response = await post(
        '/login',
        { username: 'ada', password: PASSWORD, response_type: 'token' },
        headers,
      )
      return String((await bodyOf(response))['token'])
    },
  }
}

/** The JSON object of an answer. */
export async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>
}

/** The code of a problem. */
export async function codeOf(response: Response): Promise<string> {
  return ((await bodyOf(response)) as { error: { code: string } }).error.code
}

/** Fills and sends the login form that a browser shows. */
export async function logInWith(page: Page, password = PASSWORD): Promise<void> {
  await page.fill('#username', 'ada')
  await page.fill('#password', password)
  await page.click('button.primary')
}

export const asCookie = (token: string) => ({ cookie: `holdfast=${token}` })
export const asBearer = (token: string) => ({ authorization: `Bearer ${token}` })

export interface Answer {
  status: number
  headers: http.IncomingHttpHeaders
  body: string
}

/** Sends a request without a body, as a proxy does, with the path unchanged; `fetch` would normalise it. */
export function exchange(options: http.RequestOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(options, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    request.on('error', reject)
    request.end()
  })
}

/** Sends bytes unchanged and returns everything that is received until the connection ends. */
export function sendRaw(port: number, bytes: string, host = HOST): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(port, host, () => socket.write(bytes))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(answer))
  })
}
