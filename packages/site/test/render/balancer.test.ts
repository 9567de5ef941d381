import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { findFreePorts } from '@holdfast/testing'
import { exampleOn, renderExample, textIn } from '@holdfast/testing/hosts/example-site'
import { isThere, Processes, run } from '@holdfast/testing/hosts/programs'
import { leaseNetwork } from '@holdfast/testing/leases'
import { eventually, makeTempFolder } from '@holdfast/testing/local/data-centre'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
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
    let ports: Record<'applications' | 'gateways', number>

    beforeAll(async () => {
      folder = await makeTempFolder()
      servers.push(
        await standIn(`${NETWORK}.21`, 3000, 'application', '/health/status'),
        await standIn(`${NETWORK}.31`, 8080, 'gateway', '/readyz'),
      )
      const [applications = 0, gateways = 0] = await findFreePorts(2)
      ports = { applications, gateways }
      const certificate = join(folder, 'web.pem')
      await makeCertificate(certificate)
      const file = join(folder, name)
      const rendered = textIn(renderExample(exampleOn(NETWORK)), 'dc1-balancer', name)
      const moved = rendered
        .replaceAll('/etc/holdfast/tls/web.pem', certificate)
        .replace(/:8443 /, `:${gateways} `)
        .replace(/:443 /, `:${applications} `)
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

    it('the balancer still serves applications while no gateway is up', async () => {
      const [, gateway] = servers
      gateway?.close()
      gateway?.closeAllConnections()
      await eventually(async () =>
        expect((await ask(ports.gateways, '/login')).status).toBeGreaterThanOrEqual(502),
      )
      expect((await ask(ports.applications, '/')).seen.name).toBe('application')
    })
  },
)

interface Seen {
  name: string
  url: string
  headers: Record<string, string>
}

/** A server that returns the request that it got, and passes its health check. */
async function standIn(host: string, port: number, name: string, healthPath: string): Promise<Server> {
  const server = createServer(({ url, headers }, response) => {
    response.end(url === healthPath ? '' : JSON.stringify({ name, url, headers }))
  })
  server.listen(port, host)
  await once(server, 'listening')
  return server
}

async function ask(port: number, path: string): Promise<{ status: number; seen: Seen }> {
  const asked = request({ host: 'localhost', port, path, rejectUnauthorized: false, timeout: 5000 })
  asked.end()
  const [response] = await once(asked, 'response')
  const body = await text(response)
  return { status: response.statusCode, seen: response.statusCode === 200 ? JSON.parse(body) : null }
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
