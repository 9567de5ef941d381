import { hash } from 'node:crypto'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http'
import { type RequestOptions, request } from 'node:https'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { type TLSSocket, connect as tlsConnect } from 'node:tls'
import { findFreePorts } from '@holdfast/testing'
import { exampleOn, renderExample, textIn } from '@holdfast/testing/hosts/example-site'
import { isThere, Processes, run } from '@holdfast/testing/hosts/programs'
import { leaseNetwork } from '@holdfast/testing/leases'
import { eventually, makeTempFolder } from '@holdfast/testing/local/data-centre'
import { beginRequests } from '@holdfast/testing/unfinished-requests'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Service, Site } from '../../src/file/site.ts'

const NETWORK = await leaseNetwork()

/** The example with only the hosts that run one of these services. */
function siteWith(...services: Service[]): Site {
  const site = exampleOn(NETWORK)
  const isWanted = (runs: Service[]) => runs.some((service) => services.includes(service))
  return {
    ...site,
    dataCentres: site.dataCentres.map((dataCentre) => ({
      ...dataCentre,
      hosts: dataCentre.hosts.filter(({ runs }) => isWanted(runs)),
    })),
  }
}

const balancerFiles = (site: Site) => {
  const files = renderExample(site)
  return ['haproxy.cfg', 'nginx.conf'].map((name) => textIn(files, 'dc1-balancer', name))
}

describe('Rendered balancer files', () => {
  it.each([
    ['applications', 'gateways', 'application'],
    ['gateways', 'applications', 'gateway'],
  ] as const)(
    'a balancer in front of %s only serves them at 443, and its files do not name %s',
    (present, absent, service) => {
      for (const file of balancerFiles(siteWith('redis', 'balancer', service))) {
        expect(file).toContain(present)
        expect(file).not.toContain(absent)
        expect(file).toContain(':443 ')
        expect(file).not.toContain('8443')
      }
    },
  )

  it('renderSite rejects a balancer without servers', () => {
    expect(() => renderExample(siteWith('redis', 'balancer'))).toThrow(
      expect.objectContaining({
        code: 'RENDER_REFUSED',
        message: expect.stringMatching(/^Host dc1-balancer runs a balancer, .* Add the hosts behind/),
      }),
    )
  })
})

/** The limit of connections per address, and the timeout of other connections than WebSockets, in the files of these tests. */
const MAX_PER_ADDRESS = 20
const OTHER_TIMEOUT = '2s'
const SILENCE_MS = 3000

/** The command that starts each program in the foreground with a rendered file. */
const PROGRAMS: Record<string, (file: string, folder: string) => string[]> = {
  'haproxy.cfg': (file) => ['haproxy', '-db', '-f', file],
  'nginx.conf': (file, folder) => [
    ...['nginx', '-e', join(folder, 'nginx.log'), '-c', file],
    ...['-g', `daemon off; pid ${folder}/nginx.pid;`],
  ],
}

describe.each(Object.entries(PROGRAMS).filter(([name]) => isThere(name.split('.')[0] ?? '')))(
  'A balancer in front of applications and gateways, with %s',
  (name, commandOf) => {
    const processes = new Processes()
    const servers: Server[] = []
    let folder: string
    let ports: Record<'applications' | 'gateways' | 'redirect', number>

    beforeAll(async () => {
      folder = await makeTempFolder()
      servers.push(
        await standIn(`${NETWORK}.21`, 3000, 'application', '/health/status'),
        await standIn(`${NETWORK}.31`, 8080, 'gateway', '/readyz'),
      )
      const [applications = 0, gateways = 0, redirect = 0] = await findFreePorts(3)
      ports = { applications, gateways, redirect }
      const certificate = join(folder, 'web.pem')
      await makeCertificate(certificate)
      const file = join(folder, name)
      const rendered = textIn(renderExample(exampleOn(NETWORK)), 'dc1-balancer', name)
      const moved = rendered
        .replaceAll('/etc/holdfast/tls/web.pem', certificate)
        .replace(/:8443 /, `:${gateways} `)
        .replace(/:443 /, `:${applications} `)
        .replace(/:80 /, `:${redirect} `)
        // Numbers that a test reaches.
        .replace('limit_conn per_address 500;', `limit_conn per_address ${MAX_PER_ADDRESS};`)
        .replace('sc0_conn_cur gt 500', `sc0_conn_cur gt ${MAX_PER_ADDRESS}`)
        .replace('server_tokens off;', `server_tokens off; proxy_read_timeout ${OTHER_TIMEOUT};`)
        .replace('timeout client 70s', `timeout client ${OTHER_TIMEOUT}`)
      await writeFile(file, moved)
      processes.start(name, commandOf(file, folder), folder)
      for (const port of [applications, gateways]) {
        await eventually(async () => expect((await ask(port, '/')).status).toBe(200))
      }
    }, 60_000)

    afterEach(({ task }) => {
      if (task.result?.state === 'fail') console.error(processes.allOutput)
    })

    afterAll(async () => {
      // nginx stops its workers itself.
      await processes.kill(name, 'SIGTERM')
      for (const server of servers) server.close()
      await rm(folder, { recursive: true, force: true })
    })

    it('the balancer serves applications and gateways at separate ports', async () => {
      expect((await ask(ports.applications, '/some/page')).seen).toMatchObject({
        name: 'application',
        url: '/some/page',
      })
      expect((await ask(ports.gateways, '/login')).seen).toMatchObject({ name: 'gateway', url: '/login' })
    })

    it('the balancer sends gateways the whole origin, which they compare with the origin of a login', async () => {
      const { seen } = await ask(ports.gateways, '/login')
      expect(seen.headers['host']).toBe(`localhost:${ports.gateways}`)
      expect(seen.headers['x-forwarded-host'] ?? seen.headers['host']).toBe(`localhost:${ports.gateways}`)
      expect(seen.headers['x-forwarded-proto']).toBe('https')
    })

    it('applications get no identity and no overriding header from a client', async () => {
      const untrusted = [
        ...['X-Auth-Request-User', 'X_Auth_Request_User', 'X-Auth-Request.User', 'X-Auth-Request-Groups'],
        ...['X-Original-URL', 'X-Rewrite-URL', 'X-HTTP-Method-Override', 'Forwarded', 'X-Forwarded-Prefix'],
      ]
      const headers = { ...Object.fromEntries(untrusted.map((name) => [name, 'root'])), 'X-Own': 'kept' }
      const { seen } = await ask(ports.applications, '/', { headers })
      expect(seen.headers['x-own']).toBe('kept')
      expect(Object.entries(seen.headers).filter(([, value]) => value === 'root')).toEqual([])
      const named = await ask(ports.applications, '/', { headers: { connection: 'X-Auth-Request-User' } })
      expect(named.seen?.headers['connection'] ?? '').not.toMatch(/auth/i)
    })

    it('gateways get the headers by which another proxy asks about a request', async () => {
      const headers = {
        'X-Original-URL': 'https://app/x',
        'X-Forwarded-Uri': '/x',
        'X-Forwarded-Method': 'GET',
      }
      const { seen } = await ask(ports.gateways, '/verify', { headers })
      expect(seen.headers).toMatchObject({ 'x-original-url': 'https://app/x', 'x-forwarded-uri': '/x' })
      expect((await ask(ports.gateways, '/sessions')).seen.url).toBe('/sessions')
    })

    it('an upload of 2 MB reaches the application', async () => {
      const body = 'x'.repeat(2_000_000)
      expect((await ask(ports.applications, '/upload', { method: 'POST', body })).seen).toMatchObject({
        url: '/upload',
        bytes: 2_000_000,
      })
    })

    it('a WebSocket reaches the application, and stays open while it is silent for longer than the other timeouts', async () => {
      const key = { 'sec-websocket-key': Buffer.alloc(16).toString('base64'), 'sec-websocket-version': '13' }
      const headers = { ...key, connection: 'Upgrade', upgrade: 'websocket' }
      const asked = request({ ...at(ports.applications), timeout: 0, path: '/socket', headers })
      asked.on('response', ({ statusCode }) => asked.destroy(new Error(`No upgrade, but ${statusCode}.`)))
      asked.end()
      const [response, socket] = (await once(asked, 'upgrade')) as [IncomingMessage, Socket]
      onTestFinished(() => {
        socket.destroy()
      })
      expect(response.statusCode).toBe(101)
      await sleep(SILENCE_MS)
      socket.write('hello')
      const lines = socket.setEncoding('utf8')[Symbol.asyncIterator]()
      expect(await lines.next()).toEqual({ done: false, value: '/socket hello' })
    })

    it('TRACE does not reach a server, which could repeat the cookie', async () => {
      expect((await ask(ports.applications, '/', { method: 'TRACE' })).status).toBe(405)
    })

    it('browsers use https only, and the balancer agrees only on cipher suites with forward secrecy', async () => {
      for (const port of [ports.applications, ports.gateways]) {
        const { headers } = await ask(port, '/')
        expect(headers['strict-transport-security']).toBe('max-age=31536000')
        const { socket } = await offer(port, 'ECDHE+AESGCM')
        expect(socket.getCipher().name).toMatch(/^ECDHE-/)
        socket.destroy()
        await expect(offer(port, 'AES128-SHA:AES128-GCM-SHA256:@SECLEVEL=0')).rejects.toThrow(
          /alert|handshake|reset/i,
        )
      }
    })

    it('requests without https are redirected', async () => {
      const redirected = await fetch(`http://localhost:${ports.redirect}/x?y=1`, { redirect: 'manual' })
      expect(redirected.status).toBe(301)
      expect(redirected.headers.get('location')).toMatch(/^https:\/\/localhost(:\d+)?\/x\?y=1$/)
    })

    it('one client address cannot use all connections', async () => {
      const attacker = { localAddress: '127.0.0.9', host: '127.0.0.1', port: ports.applications }
      const requests = beginRequests(MAX_PER_ADDRESS + 10, attacker)
      await eventually(async () => expect(requests.refused).toBe(10))
      const other = { localAddress: '127.0.0.10', host: '127.0.0.1' }
      expect((await ask(ports.applications, '/', other)).status).toBe(200)
      expect(requests.refused).toBe(10)
    })

    it('the balancer still serves applications while no gateway is up, and answers that it is unavailable', async () => {
      const [, gateway] = servers
      gateway?.close()
      gateway?.closeAllConnections()
      await eventually(async () => expect((await ask(ports.gateways, '/login')).status).toBe(503))
      const { headers, body } = await ask(ports.gateways, '/login')
      expect(JSON.parse(body)).toMatchObject({ error: 'unavailable' })
      expect(headers).toMatchObject({
        'retry-after': '1',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'content-security-policy':
          "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        'strict-transport-security': 'max-age=31536000',
      })
      expect((await ask(ports.applications, '/')).seen.name).toBe('application')
    })
  },
)

interface Seen {
  name: string
  url: string
  headers: Record<string, string>
  bytes: number
}

/** A server that returns the request that it got, passes its health check, and answers on a WebSocket with the path. */
async function standIn(host: string, port: number, name: string, healthPath: string): Promise<Server> {
  const server = createServer(async (incoming, response) => {
    const { url, headers } = incoming
    const bytes = (await buffer(incoming)).length
    response.end(url === healthPath ? '' : JSON.stringify({ name, url, headers, bytes }))
  })
  server.on('upgrade', ({ url, headers }, socket) => {
    // RFC 6455, section 4.2.2.
    const accept = hash(
      'sha1',
      `${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
      'base64',
    )
    const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
    socket.write(`${[...head, `Sec-WebSocket-Accept: ${accept}`].join('\r\n')}\r\n\r\n`)
    socket.on('data', (line) => socket.end(`${url} ${line}`))
  })
  server.listen(port, host)
  await once(server, 'listening')
  return server
}

const at = (port: number) => ({ host: 'localhost', port, rejectUnauthorized: false, timeout: 5000 })

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
  /** What the server got. */
  seen: Seen
}

async function ask(
  port: number,
  path: string,
  { body: sent, ...options }: RequestOptions & { body?: string } = {},
): Promise<Answer> {
  const asked = request({ ...at(port), path, ...options })
  asked.end(sent)
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  const body = await text(response)
  const status = response.statusCode ?? 0
  return { status, headers: response.headers, body, seen: status === 200 ? JSON.parse(body) : null }
}

/** Connects with TLS 1.2 and these cipher suites. */
async function offer(port: number, ciphers: string): Promise<{ socket: TLSSocket }> {
  const socket = tlsConnect({ ...at(port), ciphers, maxVersion: 'TLSv1.2' })
  await once(socket, 'secureConnect')
  return { socket }
}

/** A certificate and its key in one file, as on a balancer host. */
async function makeCertificate(file: string): Promise<void> {
  const key = `${file}.key`
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=localhost', '-keyout', key, '-out', file],
  ])
  await writeFile(file, (await readFile(file, 'utf8')) + (await readFile(key, 'utf8')))
}
