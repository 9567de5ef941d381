import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Site } from '@holdfast/site/file/site'
import { startStandaloneRedis, startTcpServer, TEST_USERS, TestAuthority } from '@holdfast/testing'
import { placeCertificate } from '@holdfast/testing/hosts/certificates'
import { asAdmin, dataHostsOf, exampleSite, renderExample } from '@holdfast/testing/hosts/example-site'
import type { PlacedHost } from '@holdfast/testing/hosts/placed-host'
import { RenderedGroup } from '@holdfast/testing/hosts/rendered-group'
import { leaseNetwork } from '@holdfast/testing/leases'
import { eventually, makeTempFolder } from '@holdfast/testing/local/data-centre'
import { Connection } from '@holdfast/tokens/redis'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { guardHost } from '../../src/guard/guard-host.ts'
import { type HostConfig, readHostConfig } from '../../src/host/config.ts'
import { HostGroup } from '../../src/host/group.ts'
import { waitForRedisExit } from '../../src/host/redis-process.ts'
import { watchHost } from '../../src/watchdog/watch-host.ts'

const NETWORK = await leaseNetwork()
const hosts = dataHostsOf(NETWORK)
const [first, second, third] = ['dc1-data-1', 'dc1-data-2', 'dc1-data-3']

let folder: string
let group: RenderedGroup
let ending: AbortController

async function place(transport: 'plain' | 'tls'): Promise<void> {
  folder = await makeTempFolder()
  ending = new AbortController()
  const site = exampleSite({ transport })
  const local: Site = {
    ...site,
    dataCentres: site.dataCentres.map((dataCentre) => ({
      ...dataCentre,
      hosts: dataCentre.hosts.map((host) => ({ ...host, address: host.address.replace('10.20.0', NETWORK) })),
    })),
  }
  const cliArgs = (placed: PlacedHost, service: 'redis' | 'sentinel') => [
    ...(transport === 'tls' ? ['--tls', ...tlsArgs(placed)] : []),
    ...asAdmin(service),
  ]
  group = await RenderedGroup.place({ files: renderExample(local), folder, hosts, cliArgs })
  if (transport === 'plain') return
  const authority = await TestAuthority.create('dc1')
  for (const host of hosts)
    await placeCertificate(authority, host, group.pathOn(host.name, '/etc/holdfast/tls'))
}

const tlsArgs = (placed: PlacedHost) => [
  ...['--cacert', placed.path('/etc/holdfast/tls/ca.pem')],
  ...['--cert', placed.path('/etc/holdfast/tls/host.pem')],
  ...['--key', placed.path('/etc/holdfast/tls/host-key.pem')],
]

const stateOf = (host: string) => group.pathOn(host, '/var/lib/holdfast/redis')
const configOf = (host: string) => readHostConfig(group.pathOn(host, '/etc/holdfast/host.json'))

/** Returns the arguments with which the guard lets Redis start, and collects in `held` why it held Redis before. */
async function guarded(host: string, held: string[] = []): Promise<string> {
  const startFile = join(stateOf(host), 'start.env')
  const onHold = (why: string) => held.push(why)
  await guardHost(await configOf(host), { startFile, onHold, log: () => {}, signal: ending.signal })
  return (await readFile(startFile, 'utf8')).trim().replace('HOLDFAST_START=', '')
}

async function startRedis(host: string): Promise<string> {
  const as = await guarded(host)
  group.startOn(host, 'redis', ['redis-server', join(stateOf(host), 'redis.conf'), ...as.split(' ')])
  return as
}

async function startSentinels(): Promise<void> {
  for (const { name } of hosts) group.startSentinel(name)
  await group.quickenSentinels()
}

async function firstStart(): Promise<void> {
  await startSentinels()
  const as = await Promise.all([first, second, third].map(startRedis))
  expect(as).toEqual(['--replicaof no one', ...Array(2).fill(`--replicaof ${NETWORK}.11 6379`)])
  await group.agreesOn(first, `${NETWORK}.11`, 2, 25_000)
  // The guard recognizes a data set by the group id.
  await group.ask(first, `${NETWORK}.11`, 'redis', ['SET', 'hf:mark', '00112233445566778899aabbccddeeff'])
  expect(await group.ask(first, `${NETWORK}.11`, 'redis', ['WAIT', '2', '2000'])).toBe('2\n')
}

describe.each(['plain', 'tls'] as const)('on real hosts with the transport %s', (transport) => {
  beforeEach(() => place(transport))

  afterEach(async () => {
    ending.abort()
    await group.processes.killAll()
    await rm(folder, { recursive: true, force: true })
  })

  // INV-AGENT-6.
  it('a first start has one primary, and after a crash the watchdog fails over at once despite reference timings', async () => {
    await firstStart()
    const log: string[] = []
    const watching = watchHost(await configOf(first), {
      log: (event) => log.push(event),
      signal: ending.signal,
    })
    watching.catch(() => {})
    // The watchdog must have seen the running process.
    await new Promise((resolve) => setTimeout(resolve, 500))
    await group.processes.kill(`${first} redis`)
    await writeFile(join(stateOf(first), 'crashed'), '')
    // down-after is 10 s, and this failover does not wait for it.
    await eventually(async () => {
      expect(await group.primaryNamedBy(second, `${NETWORK}.12`)).not.toBe(`${NETWORK}.11`)
    }, 6000)
    expect(log).toContain('Redis has ended')
    const promoted = await group.primaryNamedBy(second, `${NETWORK}.12`)
    expect(await startRedis(first)).toBe(`--replicaof ${promoted} 6379`)
    await group.agreesOn(first, promoted, 2, 25_000)
  }, 90_000)

  // INV-AGENT-7.
  it('the agent writes the group id into a new data centre, but not into one that holds data without an id', async () => {
    await startSentinels()
    await Promise.all([first, second, third].map(startRedis))
    await group.agreesOn(first, `${NETWORK}.11`, 2, 25_000)
    const onPrimary = (...command: string[]) => group.ask(first, `${NETWORK}.11`, 'redis', command)
    await onPrimary('SET', 'something', 'else')
    const watching = watchHost(await configOf(first), { log: () => {}, signal: ending.signal })
    watching.catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, 2500))
    expect(await onPrimary('GET', 'hf:mark')).toBe('\n')
    await onPrimary('DEL', 'something')
    const { mark } = await configOf(first)
    await eventually(async () => expect(await onPrimary('GET', 'hf:mark')).toBe(`${mark}\n`))
  }, 60_000)

  // INV-AGENT-5.
  it('a primary that lost its data waits, and starts as a replica once another Redis is promoted', async () => {
    await firstStart()
    await group.processes.kill(`${first} redis`)
    await rm(join(stateOf(first), 'appendonlydir'), { recursive: true })
    // The crash was long ago, so no failover is expected because of it.
    const crashed = join(stateOf(first), 'crashed')
    await mkdir(stateOf(first), { recursive: true })
    await writeFile(crashed, '')
    await utimes(crashed, 0, 0)
    const held: string[] = []
    const waiting = guarded(first, held)
    await eventually(async () => expect(held).toEqual([expect.stringContaining('has lost its data')]))
    // Sentinel fails over after down-after. A short one saves waiting for the 10 s of the reference timings.
    for (const { name, address } of hosts) {
      const sooner = ['SENTINEL', 'SET', 'mymaster', 'down-after-milliseconds', '1500']
      expect(await group.ask(name, address, 'sentinel', sooner)).toBe('OK\n')
    }
    const as = await waiting
    expect(as).toBeOneOf([12, 13].map((last) => `--replicaof ${NETWORK}.${last} 6379`))
  }, 90_000)
})

const LOOPBACK = '127.0.0.1'

function configAt(redisPort: number, sentinelPort: number): HostConfig {
  const self = { host: LOOPBACK, port: redisPort }
  return {
    dataCentre: 'dc1',
    primaryName: 'mymaster',
    self,
    mark: 'x',
    sentinel: null,
    redis: [self],
    sentinels: [{ host: LOOPBACK, port: sentinelPort }],
    downAfterMs: 1500,
    failoverTimeoutMs: 6000,
    stateFolder: '/nowhere',
    server: 'redis-server',
    tls: null,
    passwords: { redisAdmin: 'x', sentinelAdmin: 'x' },
  }
}

/** Starts a child process that stands for the process of Redis. */
function startChild(): ChildProcess {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

describe('waitForRedisExit', () => {
  /** Runs `waitForRedisExit`; `ended` returns whether it has resolved. */
  function watchFor(pidOf: () => Promise<number>): { ended: () => boolean } {
    const leaving = new AbortController()
    onTestFinished(() => leaving.abort())
    let ended = false
    waitForRedisExit(pidOf, leaving.signal).then(
      () => {
        ended = true
      },
      () => {},
    )
    return { ended: () => ended }
  }

  it('the end of the process is detected within a second', async () => {
    const child = startChild()
    const watch = watchFor(async () => child.pid ?? 0)
    await sleep(300)
    expect(watch.ended()).toBe(false)
    child.kill('SIGKILL')
    await eventually(async () => expect(watch.ended()).toBe(true), 1000)
  })

  it('a process of another user, or one that this kernel does not know, does not count as ended', async () => {
    // Process 1 belongs to root, or rejects signals. No process has the largest pid.
    const watches = [1, 2 ** 31 - 1].map((pid) => watchFor(async () => pid))
    await sleep(300)
    expect(watches.map(({ ended }) => ended())).toEqual([false, false])
  })

  it('Redis is asked at most ten times a second while it closes each connection at once', async () => {
    let connections = 0
    const full = await startTcpServer((socket) => {
      connections += 1
      socket.end('-ERR max number of clients reached\r\n')
    })
    const config = configAt(full.port, full.port)
    const leaving = new AbortController()
    const group = await HostGroup.open(config)
    onTestFinished(() => {
      leaving.abort()
      group.close()
      full.close()
    })
    waitForRedisExit(() => group.pidOf(config.self), leaving.signal).catch(() => {})
    await sleep(1000)
    expect(connections).toBeGreaterThan(0)
    expect(connections).toBeLessThanOrEqual(11)
  })
})

// INV-AGENT-8.
it('the agent logs an end only for a dead Redis, not for a living one that refuses every connection', async () => {
  const { server, stop } = await startStandaloneRedis()
  const log: string[] = []
  const leaving = new AbortController()
  const own = await Connection.open({ address: server.ownAddress, ...TEST_USERS.admin })
  onTestFinished(async () => {
    leaving.abort()
    own.close()
    await stop()
  })
  const config = configAt(server.ownAddress.port, server.ownAddress.port)
  const passwords = { redisAdmin: TEST_USERS.admin.password, sentinelAdmin: 'x' }
  const watching = watchHost(
    { ...config, passwords },
    { log: (event) => log.push(event), signal: leaving.signal },
  )
  watching.catch(() => {})
  await sleep(500)
  // Redis stops listening and closes every connection but this one.
  await own.send(['CONFIG', 'SET', 'port', '0'], 1000)
  await own.send(['CLIENT', 'KILL', 'TYPE', 'normal'], 1000)
  await sleep(500)
  expect(String(await own.send(['PING'], 1000))).toBe('PONG')
  expect(log).not.toContain('Redis has ended')
  await server.kill()
  await eventually(async () => expect(log).toContain('Redis has ended'), 2000)
})

it('an agent that is aborted while a Redis hangs keeps no open connection, which would keep its process running', async () => {
  const hung = await startTcpServer((socket) => socket.resume())
  const sentinel = await startTcpServer((socket) => {
    // HELLO expects a map, and so every command gets an empty map.
    socket.on('data', (data) => socket.write('%0\r\n'.repeat(String(data).match(/^\*/gm)?.length ?? 0)))
  })
  onTestFinished(() => {
    for (const server of [hung, sentinel]) server.close()
  })
  const config = configAt(hung.port, sentinel.port)

  // Abort one agent while it connects to its Redis, and the others at various moments of a poll of the hung Redis.
  const ended = Array.from({ length: 12 }, async (_, number) => {
    const leaving = new AbortController()
    const watching = watchHost(config, { log: () => {}, signal: leaving.signal })
    if (number === 0) process.nextTick(() => leaving.abort())
    else setTimeout(() => leaving.abort(), 600 + number * 40)
    await expect(watching).rejects.toThrow('aborted')
  })
  await eventually(async () => expect(sentinel.openConnections()).toBeGreaterThan(0))
  await Promise.all(ended)
  await eventually(
    async () => expect([sentinel.openConnections(), hung.openConnections()]).toEqual([0, 0]),
    3000,
  )
})
