import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import https from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import tls from 'node:tls'
import { findFreePorts, RedisGroup, ServerProcess, TestAuthority } from '@holdfast/testing'
import { programFile } from '@holdfast/testing/program-file'
import { createRedisStore, type TokenStore } from '@holdfast/tokens'
import { addUser } from '../../src/index.ts'
import { KEYRING, PASSWORD, rawConfig } from '../support.ts'

export const PROXIES = { nginx: '127.0.108.10', haproxy: '127.0.108.11' }
export type ProxyName = keyof typeof PROXIES
const APPLICATION = '127.0.108.31'
const GATEWAYS = ['127.0.108.21', '127.0.108.22', '127.0.108.23', '127.0.108.24']
/** Both proxies connect to the gateways from this address, as in docs/proxies/README.md. */
const TRUSTED_PROXIES = ['127.0.0.1']
/** Four gateways start slowly on a busy machine (in milliseconds). */
const START_MS = 40_000
const HERE = import.meta.dirname
const GATEWAY = programFile(new URL('../programs/run-gateway.ts', import.meta.url))
const DOCS = path.join(HERE, '../../../../docs/proxies')

export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

export interface StageOptions {
  /** Texts of the documented files that are replaced, such as a limit by one that a test reaches. */
  changes?: Record<ProxyName, Record<string, string>>
  /** How many gateways run. Default is one at each documented address. */
  gateways?: number
  /** Further settings of the gateways. */
  config?: Record<string, unknown>
}

/** nginx and HAProxy with the documented files, between a client and an application, with four gateways and one group. */
export class Stage {
  readonly group: RedisGroup
  readonly gateways: ServerProcess[] = []
  readonly store: TokenStore
  readonly #folder: string
  readonly #stack: AsyncDisposableStack
  #agent = new https.Agent()
  #port = 0
  #plainPort = 0

  private constructor(group: RedisGroup, store: TokenStore, folder: string, stack: AsyncDisposableStack) {
    this.group = group
    this.store = store
    this.#folder = folder
    this.#stack = stack
  }

  static async start(access: unknown, options: StageOptions = {}): Promise<Stage> {
    await using stack = new AsyncDisposableStack()
    const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-proxies-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const group = await RedisGroup.start()
    stack.defer(() => group.stop())
    const store = createRedisStore({ ...storeConfig(group), dataCentre: 'dc1' })
    stack.defer(() => store.close())
    const stage = new Stage(group, store, folder, stack.move())
    try {
      await stage.#build(access, options)
      return stage
    } catch (error) {
      await stage.stop()
      throw error
    }
  }

  async stop(): Promise<void> {
    await this.#stack.disposeAsync()
  }

  /** Sends a request to a proxy, with the path unchanged. */
  ask(
    proxy: ProxyName,
    target: string,
    options: {
      method?: string
      headers?: Record<string, string | string[]>
      body?: string
      localAddress?: string
    } = {},
  ) {
    const { body, ...rest } = options
    return new Promise<Answer>((resolve, reject) => {
      const request = https.request(
        {
          ...rest,
          servername: 'web',
          host: PROXIES[proxy],
          port: this.#port,
          path: target,
          agent: this.#agent,
        },
        (response) => {
          let text = ''
          response.setEncoding('utf8')
          response.on('data', (chunk) => {
            text += chunk
          })
          response.on('error', reject)
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
          )
        },
      )
      request.on('error', reject)
      request.end(body)
    })
  }

  /** Where a proxy accepts https. */
  addressOf(proxy: ProxyName): { host: string; port: number } {
    return { host: PROXIES[proxy], port: this.#port }
  }

  /** Requests a path without https, and does not follow the redirect. */
  askPlain(proxy: ProxyName, target: string): Promise<Response> {
    return fetch(`http://${PROXIES[proxy]}:${this.#plainPort}${target}`, { redirect: 'manual' })
  }

  /** Switches protocols through a proxy, sends one line, and returns the first line of the answer. */
  upgrade(proxy: ProxyName, headers: Record<string, string>): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = https.request({
        servername: 'web',
        host: PROXIES[proxy],
        port: this.#port,
        path: '/socket',
        agent: this.#agent,
        headers: {
          ...headers,
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          // Any 16 bytes.
          'sec-websocket-key': randomBytes(16).toString('base64'),
        },
      })
      request.on('error', reject)
      request.on('response', ({ statusCode }) => reject(new Error(`No upgrade, but ${statusCode}.`)))
      request.on('upgrade', (_response, socket) => {
        socket.on('error', reject)
        socket.once('data', (line) => {
          socket.destroy()
          resolve(String(line).trim())
        })
        socket.write('hello\n')
      })
      request.end()
    })
  }

  /** The cipher suite that a proxy agrees on with a client that offers only `ciphers` in TLS 1.2. */
  async cipherWith(proxy: ProxyName, ciphers: string): Promise<string> {
    const { ca } = this.#agent.options
    const address = { host: PROXIES[proxy], port: this.#port, servername: 'web' }
    const socket = tls.connect({ ...address, ca, ciphers, maxVersion: 'TLSv1.2' })
    try {
      await once(socket, 'secureConnect')
      return socket.getCipher().name
    } finally {
      socket.destroy()
    }
  }

  async #build(
    access: unknown,
    { changes, gateways = GATEWAYS.length, config }: StageOptions,
  ): Promise<void> {
    const [gatewayPort = 0, applicationPort = 0, proxyPort = 0, askPort = 0, plainPort = 0] =
      await findFreePorts(5)
    this.#port = proxyPort
    this.#plainPort = plainPort
    const www = path.join(this.#folder, 'www')
    await mkdir(path.join(www, 'static'), { recursive: true })
    await writeFile(path.join(www, 'static/page.html'), '<h1>A static page</h1>')
    await this.#writeCertificate()

    const names = GATEWAYS.slice(0, gateways).map((host, index) => ({ name: `gateway-${index + 1}`, host }))
    const usersFile = path.join(this.#folder, 'users.json')
    await addUser(usersFile, 'ada', PASSWORD)
    for (const { name, host } of names) {
      const settings = { name, listen: { host, port: gatewayPort }, usersFile, access, ...config }
      this.gateways.push(await this.#gateway(settings))
    }
    const application = this.#process('application', APPLICATION, applicationPort, 'python3', [
      path.join(HERE, 'application.py'),
      APPLICATION,
      String(applicationPort),
      www,
    ])

    const replaced = {
      ...Object.fromEntries(
        GATEWAYS.map((_, index) => [
          `10.0.0.2${index + 1}:8080`,
          `${GATEWAYS[index % gateways]}:${gatewayPort}`,
        ]),
      ),
      '10.0.0.31:8000': `${APPLICATION}:${applicationPort}`,
    }
    const nginx = await this.#nginx(proxyPort, { ...replaced, ...changes?.nginx, '/srv/www': www })
    const haproxy = await this.#haproxy(proxyPort, {
      ...replaced,
      ...changes?.haproxy,
      '127.0.0.1:8089': `${PROXIES.haproxy}:${askPort}`,
    })
    // One after the other, because starting is their most expensive step.
    for (const server of [application, ...this.gateways, nginx, haproxy]) await server.start()
  }

  async #nginx(port: number, replaced: Record<string, string>): Promise<ServerProcess> {
    const file = await this.#place('nginx.conf', {
      ...replaced,
      'listen 443': `listen ${PROXIES.nginx}:${port}`,
      'listen 80;': `listen ${PROXIES.nginx}:${this.#plainPort};`,
      '/etc/nginx/tls': this.#folder,
    })
    // The workers must be able to read the files of the test.
    const user = process.getuid?.() === 0 ? 'user root; ' : ''
    const globals = `${user}daemon off; pid ${this.#folder}/nginx.pid; error_log ${this.#folder}/nginx-errors.log;`
    return this.#process('nginx', PROXIES.nginx, port, 'nginx', [
      '-e',
      '/dev/stderr',
      '-c',
      file,
      '-g',
      globals,
    ])
  }

  async #haproxy(port: number, replaced: Record<string, string>): Promise<ServerProcess> {
    const { '127.0.0.1:8089': ask = '', ...servers } = replaced
    await this.#place('holdfast.lua', { '127.0.0.1:8089': ask })
    const file = await this.#place('haproxy.cfg', {
      ...servers,
      '127.0.0.1:8089': ask,
      'bind :443': `bind ${PROXIES.haproxy}:${port}`,
      'bind :80': `bind ${PROXIES.haproxy}:${this.#plainPort}`,
      '/etc/haproxy/tls': this.#folder,
      '/etc/haproxy': this.#folder,
    })
    return this.#process('haproxy', PROXIES.haproxy, port, 'haproxy', ['-db', '-f', file])
  }

  /** A documented file with other addresses and folders, each of which must appear in it. */
  async #place(name: string, replaced: Record<string, string>): Promise<string> {
    let text = await readFile(path.join(DOCS, name), 'utf8')
    for (const [from, to] of Object.entries(replaced)) {
      if (!text.includes(from)) throw new Error(`${name} does not contain ${from}.`)
      text = text.replaceAll(from, to)
    }
    const file = path.join(this.#folder, name)
    await writeFile(file, text)
    return file
  }

  async #writeCertificate(): Promise<void> {
    const { ca, cert, key } = await (await TestAuthority.create()).host({
      name: 'web',
      addresses: Object.values(PROXIES),
    })
    const write = (name: string, text: string) =>
      writeFile(path.join(this.#folder, name), text, { mode: 0o600 })
    await Promise.all([write('web.crt', cert), write('web.key', key), write('web.pem', cert + key)])
    this.#agent = new https.Agent({ ca, keepAlive: true })
    this.#stack.defer(() => this.#agent.destroy())
  }

  async #gateway(settings: {
    name: string
    listen: { host: string; port: number }
    [setting: string]: unknown
  }): Promise<ServerProcess> {
    const { name, listen } = settings
    const file = path.join(this.#folder, `${name}.json`)
    const config = rawConfig({
      store: storeConfig(this.group),
      secureCookies: true,
      limits: {},
      trustedProxies: TRUSTED_PROXIES,
      ...settings,
    })
    await writeFile(file, JSON.stringify(config), { mode: 0o600 })
    return this.#process(
      name,
      listen.host,
      listen.port,
      process.execPath,
      [GATEWAY, file],
      async () => (await fetch(`http://${listen.host}:${listen.port}/readyz`)).ok,
    )
  }

  #process(
    name: string,
    host: string,
    port: number,
    command: string,
    args: string[],
    isReady = () => accepts(host, port),
  ): ServerProcess {
    const address = { host, port }
    const logFile = path.join(this.#folder, `${name}.log`)
    const server = new ServerProcess({
      address,
      ownAddress: address,
      command,
      args,
      logFile,
      isReady: () => isReady().catch(() => false),
      startMs: START_MS,
    })
    // The workers of nginx end with it only after a regular stop.
    this.#stack.defer(() => server.kill(command === 'nginx' ? 'SIGTERM' : 'SIGKILL'))
    return server
  }
}

/** True when a process listens there. */
async function accepts(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host)
  try {
    await once(socket, 'connect')
    return true
  } finally {
    socket.destroy()
  }
}

function storeConfig(group: RedisGroup) {
  return {
    ...group.access,
    keyring: KEYRING,
  }
}
