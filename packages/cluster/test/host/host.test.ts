import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startStandaloneRedis, startTcpServer, TEST_USERS, TestAuthority } from '@holdfast/testing'
import { Connection } from '@holdfast/tokens/redis'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { type HostConfig, readHostConfig } from '../../src/host/config.ts'
import { HostGroup } from '../../src/host/group.ts'
import { guardHost } from '../../src/host/guard-host.ts'
import { untilRedisEnds } from '../../src/host/redis-process.ts'
import { watchHost } from '../../src/host/watch-host.ts'
import type { Site } from '../../src/site/site.ts'
import { placeCertificate } from '../render/support/certificates.ts'
import { asAdmin, dataHostsOf, exampleSite, renderExample } from '../render/support/example-site.ts'
import type { PlacedHost } from '../render/support/placed-host.ts'
import { RenderedGroup } from '../render/support/rendered-group.ts'
import { eventually, makeTempFolder } from '../support/data-centre.ts'

const NETWORK = '127.0.63'
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

/** What the guard says; what it told while it held is in `held`. */
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
  // By which the guard knows a data set.
  await group.ask(first, `${NETWORK}.11`, 'redis', ['SET', 'hf:mark', '00112233445566778899aabbccddeeff'])
  expect(await group.ask(first, `${NETWORK}.11`, 'redis', ['WAIT', '2', '2000'])).toBe('2\n')
}

describe.each(['plain', 'tls'] as const)('on real hosts, by %s', (transport) => {
  beforeEach(() => place(transport))

  afterEach(async () => {
    ending.abort()
    await group.processes.killAll()
    await rm(folder, { recursive: true, force: true })
  })

  // INV-AGENT-6.
  it('a first start has one primary, and a crash is failed over at once in spite of the reference timings', async () => {
    await firstStart()
    const log: string[] = []
    const watching = watchHost(await configOf(first), {
      log: (event) => log.push(event),
      signal: ending.signal,
    })
    watching.catch(() => {})
    // The watchdog must have seen it run.
    await new Promise((resolve) => setTimeout(resolve, 500))
    await group.processes.kill(`${first} redis`)
    const killedMs = performance.now()
    await writeFile(join(stateOf(first), 'crashed'), '')
    await eventually(async () => {
      expect(await group.primaryNamedBy(second, `${NETWORK}.12`)).not.toBe(`${NETWORK}.11`)
    }, 15_000)
    // down-after is 10 s: this failover did not wait for it.
    expect(performance.now() - killedMs).toBeLessThan(6000)
    expect(log).toContain('Redis has ended')
    const promoted = await group.primaryNamedBy(second, `${NETWORK}.12`)
    expect(await startRedis(first)).toBe(`--replicaof ${promoted} 6379`)
    await group.agreesOn(first, promoted, 2, 25_000)
  }, 90_000)

  // INV-AGENT-7.
  it('a new data centre is marked, and one that holds data without a mark is left alone', async () => {
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
  it('a primary that lost its data waits, and is a replica once another is promoted', async () => {
    await firstStart()
    await group.processes.kill(`${first} redis`)
    await rm(join(stateOf(first), 'appendonlydir'), { recursive: true })
    // A crash that is long over: no failover is to be expected for its sake.
    const crashed = join(stateOf(first), 'crashed')
    await mkdir(stateOf(first), { recursive: true })
    await writeFile(crashed, '')
    await utimes(crashed, 0, 0)
    const held: string[] = []
    const waiting = guarded(first, held)
    await eventually(async () => expect(held).toEqual([expect.stringContaining('has lost its data')]))
    // Sentinel's own failover, after down-after: of the reference timings' 10 s nothing more is to be seen.
    for (const { name, address } of hosts) {
      const sooner = ['SENTINEL', 'SET', 'mymaster', 'down-after-milliseconds', '1500']
      expect(await group.ask(name, address, 'sentinel', sooner)).toBe('OK\n')
    }
    const as = await waiting
    expect(as).toMatch(/^--replicaof 127\.0\.63\.1[23] 6379$/)
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

/** A child of this test that stands for the process of Redis. */
function startChild(): ChildProcess {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

describe('the end of the process of Redis', () => {
  /** Answers what `untilRedisEnds` has found until then. */
  function watchFor(pidOf: () => Promise<number>): { ended: () => boolean } {
    const leaving = new AbortController()
    onTestFinished(() => leaving.abort())
    let ended = false
    untilRedisEnds(pidOf, leaving.signal).then(
      () => {
        ended = true
      },
      () => {},
    )
    return { ended: () => ended }
  }

  it('is seen within a moment', async () => {
    const child = startChild()
    const watch = watchFor(async () => child.pid ?? 0)
    await sleep(300)
    expect(watch.ended()).toBe(false)
    child.kill('SIGKILL')
    await eventually(async () => expect(watch.ended()).toBe(true), 1000)
  })

  it('is not seen in a process of another user, nor in one that this kernel does not know', async () => {
    // Process 1 belongs to root, or cannot be signalled; no process has the largest number.
    const watches = [1, 2 ** 31 - 1].map((pid) => watchFor(async () => pid))
    await sleep(300)
    expect(watches.map(({ ended }) => ended())).toEqual([false, false])
  })

  it('is asked for ten times a second at most while Redis closes each connection at once', async () => {
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
    untilRedisEnds(() => group.pidOf(config.self), leaving.signal).catch(() => {})
    await sleep(1000)
    expect(connections).toBeGreaterThan(0)
    expect(connections).toBeLessThanOrEqual(11)
  })
})

// INV-AGENT-8.
it('a living Redis that refuses every connection has not ended, and a dead one has', async () => {
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
  // It does not listen any more, and closes every connection but this one.
  await own.send(['CONFIG', 'SET', 'port', '0'], 1000)
  await own.send(['CLIENT', 'KILL', 'TYPE', 'normal'], 1000)
  await sleep(500)
  expect(String(await own.send(['PING'], 1000))).toBe('PONG')
  expect(log).not.toContain('Redis has ended')
  await server.kill()
  await eventually(async () => expect(log).toContain('Redis has ended'), 2000)
})

it('a watchdog that is told to end while a Redis hangs keeps no connection, which would keep it going', async () => {
  const hung = await startTcpServer((socket) => socket.resume())
  const sentinel = await startTcpServer((socket) => {
    // The greeting (HELLO) wants a map, and every question gets one of which nothing can be read.
    socket.on('data', (data) => socket.write('%0\r\n'.repeat(String(data).match(/^\*/gm)?.length ?? 0)))
  })
  onTestFinished(() => {
    for (const server of [hung, sentinel]) server.close()
  })
  const config = configAt(hung.port, sentinel.port)

  // One while it dials its Redis, and the others at all moments of a look: it lasts until the hung Redis is given up.
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
