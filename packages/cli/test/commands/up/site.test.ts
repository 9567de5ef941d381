import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DataCentreDescription } from '@holdfast/local/state/description'
import { connectControl } from '@holdfast/local/supervise/control-client'
import { leaseNetworks } from '@holdfast/testing/leases'
import { Connection } from '@holdfast/tokens/redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collect, Sandbox } from '../../holdfast.ts'

const [EAST = '', WEST = ''] = await leaseNetworks(2)
const NETWORKS = [EAST, WEST] as const

/** Two data centres that share nothing, as an operator writes them down. */
const SITE = `
version: 1
engine: redis 7.0
transport: tls
timings: fast
dataCentres:
${['east', 'west'].map((name, index) => dataCentre(name, `10.${index + 1}.0`)).join('')}`

function dataCentre(name: string, network: string): string {
  const store = (last: number) =>
    `      - { name: ${name}-redis-${last}, address: ${network}.1${last}, runs: [redis, sentinel] }\n`
  return `  ${name}:
    secrets: { file: ./secrets/${name} }
    hosts:
${[1, 2, 3].map(store).join('')}      - { name: ${name}-app-1, address: ${network}.21, runs: [application] }
      - { name: ${name}-app-2, address: ${network}.22, runs: [application] }
`
}

let sandbox: Sandbox
let east: DataCentreDescription
let west: DataCentreDescription

beforeAll(async () => {
  sandbox = await Sandbox.make()
  const file = join(sandbox.folder, 'holdfast.yaml')
  await writeFile(file, SITE)
  const up = ['up', '--file', file, '--network', NETWORKS[0], '--detach']
  const [first, second] = await sandbox.json<DataCentreDescription[]>(up)
  if (first === undefined || second === undefined) throw new Error('Two data centres were asked for.')
  east = first
  west = second
}, 180_000)

afterAll(async () => {
  for (const name of ['east', 'west']) await sandbox.run(['down', '--name', name, '--purge'])
  await sandbox.remove()
}, 60_000)

async function logIn({ balancer, user, password }: DataCentreDescription): Promise<string> {
  const response = await fetch(`${balancer}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: user, password, response_type: 'token' }),
    signal: AbortSignal.timeout(30_000),
  })
  expect(response.status).toBe(200)
  return ((await response.json()) as { token: string }).token
}

const ask = (base: string, token: string) =>
  fetch(`${base}/session`, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(30_000),
  })

describe('a site of two data centres that runs from its file', () => {
  it('runs each data centre on its own network, with one gateway per application', () => {
    for (const [index, { name, balancer, gateways, redis }] of [east, west].entries()) {
      expect(name).toBe(['east', 'west'][index])
      const network = NETWORKS[index]
      expect(balancer).toBe(`http://${network}.1:8080`)
      expect(gateways).toEqual([21, 22].map((last) => `http://${network}.${last}:8080`))
      expect(redis).toEqual([11, 12, 13].map((last) => ({ host: `${network}.${last}`, port: 6379 })))
    }
  })

  it('passes every check of the doctor', async () => {
    for (const name of ['east', 'west']) {
      await expect
        .poll(async () => (await sandbox.run(['doctor', '--name', name])).stdout, { timeout: 20_000 })
        .toMatch(/checks passed/)
    }
  }, 60_000)

  it('refuses connections without its certificate', async () => {
    const [address] = east.redis
    if (address === undefined) throw new Error('There is no Redis.')
    const { app } = JSON.parse(await readFile(join(east.stateDir, 'secrets.json'), 'utf8'))
    const opened = Connection.open({ address, username: 'app', password: app, connectTimeoutMs: 2000 })
    await expect(opened).rejects.toMatchObject({ code: 'TLS_FAILED' })
  })

  it('keeps all users logged in while a primary is killed', async () => {
    // One after the other: many attempts at one account at once are what the login limits are for.
    const tokens: string[] = []
    while (tokens.length < 10) tokens.push(await logIn(east))
    const status = await sandbox.status('east')
    const primary = status.redis.find((node) => node.reachable && node.role === 'primary')
    await connectControl(east.stateDir).signal(primary?.name ?? '', 'SIGKILL')
    const untilMs = performance.now() + 3000
    let asked = 0
    while (performance.now() < untilMs) {
      for (const token of tokens) {
        expect((await ask(east.balancer, token)).status).toBe(200)
        asked += 1
      }
    }
    expect(asked).toBeGreaterThan(50)
    // A new login needs the new primary.
    await logIn(east)
    const after = await sandbox.status('east')
    expect(after.redis.find((node) => node.reachable && node.role === 'primary')?.name).not.toBe(
      primary?.name,
    )
  }, 60_000)

  it('answers that a token of one data centre is inactive in the other, and why', async () => {
    const token = await logIn(east)
    expect((await ask(east.balancer, token)).status).toBe(200)
    const response = await ask(west.balancer, token)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toContain('error_description="foreign"')
  })
})

describe('a gateway that is connected to the other data centre exits at once with one sentence:', () => {
  /** Starts a gateway with the first one's configuration, changed. */
  async function gatewayWith(change: (mine: GatewayFile, theirs: GatewayFile) => GatewayFile) {
    const [mine, theirs] = await Promise.all([east, west].map(readGateway))
    if (mine === undefined || theirs === undefined) throw new Error('Both have a gateway.')
    const file = join(sandbox.folder, 'wired.json')
    const wired = { ...change(mine, theirs), listen: { host: `${NETWORKS[0]}.99`, port: 8080 } }
    await writeFile(file, JSON.stringify(wired), { mode: 0o600 })
    const child = sandbox.spawn('gateway', '--config', file)
    const output = collect(child)
    const [code] = (await once(child, 'close')) as [number]
    return { code, stderr: output.stderr }
  }

  it('its certificates are of the other authority', async () => {
    const { code, stderr } = await gatewayWith((mine, theirs) => ({
      ...mine,
      store: { ...mine.store, sentinels: theirs.store.sentinels },
    }))
    expect(code).not.toBe(0)
    expect(stderr).toMatch(
      /^Error: The certificate of 127\.\d+\.\d+\.1\d:26379 is not signed by "Holdfast authority of east"\.[^\n]*\n$/,
    )
  }, 60_000)

  it('the other data centre does not know its passwords', async () => {
    const { code, stderr } = await gatewayWith((mine, theirs) => ({
      ...mine,
      store: { ...mine.store, sentinels: theirs.store.sentinels, tls: theirs.store.tls },
    }))
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/^Error: [^\n]*password[^\n]*\n$/)
    expect(stderr).not.toContain('undefined')
  }, 60_000)

  it('its Redis belongs to the other data centre, which the message names', async () => {
    const { code, stderr } = await gatewayWith((mine, theirs) => ({
      ...mine,
      store: { ...theirs.store, groupMark: mine.store.groupMark },
    }))
    expect(code).not.toBe(0)
    expect(stderr).toMatch(
      /^Error: [^\n]*belongs to the data centre west, and this store is of east\.[^\n]*\n$/,
    )
  }, 60_000)
})

interface GatewayFile {
  store: { sentinels: unknown; tls: unknown; groupMark: unknown }
}

async function readGateway({ stateDir }: DataCentreDescription): Promise<GatewayFile> {
  return JSON.parse(await readFile(join(stateDir, 'gateway-1', 'gateway.json'), 'utf8'))
}
