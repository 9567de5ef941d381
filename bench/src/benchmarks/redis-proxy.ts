import { type Benchmark, type Context, profileWhenMissed } from '../benchmark.ts'
import { pause } from '../clock.ts'
import { DataCentre, type NodeLogin } from '../data-centre.ts'
import { type Figure, figure, type Goal, single } from '../figure.ts'
import { type BenchmarkLoad, type BenchmarkResult, redisBenchmark } from '../redis-benchmark.ts'
import { TestBed } from '../redis-clients/test-bed.ts'
import { interleave, ratios } from '../rounds.ts'
import { WorkerProcess } from '../worker-process.ts'
import type { IdleConnectionsWorker } from '../workers/idle-connections.ts'
import type { RedisProxyWorker } from '../workers/redis-proxy.ts'

const ROUNDS = 3
const CONNECTIONS = 50
const PIPELINE = 16
const IDLE_CONNECTIONS = 10_000
const FIRST_CONNECTIONS = 100
/** After this time the proxy has freed the memory of the logins. */
const SETTLE_MS = 2000

const LOADS = {
  get: { command: 'get', connections: CONNECTIONS, pipeline: 1, requests: 60_000 },
  'get, 16 pipelined': { command: 'get', connections: CONNECTIONS, pipeline: PIPELINE, requests: 300_000 },
  set: { command: 'set', connections: CONNECTIONS, pipeline: 1, requests: 40_000 },
  'set, 16 pipelined': { command: 'set', connections: CONNECTIONS, pipeline: PIPELINE, requests: 150_000 },
  'a lone set': { command: 'set', connections: 1, pipeline: 1, requests: 3000 },
} as const satisfies Record<string, BenchmarkLoad>
type LoadName = keyof typeof LOADS
const LONE_PING: BenchmarkLoad = { command: 'ping_mbulk', connections: 1, pipeline: 1, requests: 3000 }

/** The goals of the proxy: relative to HAProxy for reads, to a direct and unacknowledged write for writes. */
const GOALS: Partial<Record<LoadName, { beside: 'HAProxy' | 'direct'; goal: Goal }>> = {
  get: { beside: 'HAProxy', goal: { atLeast: 0.9 } },
  'get, 16 pipelined': { beside: 'HAProxy', goal: { atLeast: 0.45 } },
  set: { beside: 'direct', goal: { atLeast: 0.35 } },
  'set, 16 pipelined': { beside: 'direct', goal: { atLeast: 0.4 } },
}

export const redisProxy: Benchmark = {
  name: 'redis-proxy',
  title: 'The Redis proxy: speed and memory',
  async run({ stack, say }) {
    const centre = await DataCentre.start(stack)
    const bed = await TestBed.start(stack, centre, { startsProxy: false })
    const proxy = await bed.startProxy()
    const confirmed = WorkerProcess.start<RedisProxyWorker>(stack, 'redis-proxy')
    const confirmedPort = await confirmed.call('start', { group: bed.proxyGroup(), reads: 'confirmed' })
    const login = { ...bed.endpoint('with the proxy', 'HAProxy') }
    const at = (address: { host: string; port: number } | null): NodeLogin => {
      if (address === null) throw new Error('There is no address.')
      return { ...address, username: login.username, password: login.password }
    }
    const [replica] = await centre.group.replicas()
    const sides = {
      direct: at((await centre.group.primary()).address),
      HAProxy: at(bed.endpoint('without', 'HAProxy').address),
      proxy: at(login.address),
    }
    const figures: Figure[] = []
    for (const [name, load] of Object.entries(LOADS) as [LoadName, BenchmarkLoad][]) {
      say(name)
      figures.push(
        ...(await measure(
          name,
          load,
          sides,
          at({ host: '127.0.0.1', port: confirmedPort }),
          replica?.address ?? null,
          at,
        )),
      )
    }
    figures.push(await measureMemory(bed, { stack, say }, sides.proxy))
    return {
      setup: [
        `\`redis-benchmark\` with ${CONNECTIONS} connections, values of 100 bytes and 1000 keys, against the primary itself, HAProxy before it and the proxy, in turn. A SET through the proxy is acknowledged by both replicas; a direct one and one through HAProxy by none. A lone SET: one connection. "Confirmed": a proxy with \`--reads confirmed\`.`,
        `Memory: the resident memory of the proxy's process after a garbage collection, before and after ${IDLE_CONNECTIONS.toLocaleString('en-US')} more connections that log in and send nothing; includes the buffers of Node.`,
        'The load, the proxy, HAProxy, three Redis with an AOF and three Sentinels share two cores.',
      ],
      figures,
      ...(await profileWhenMissed(figures, proxy as never, async () => {
        await redisBenchmark(sides.proxy, LOADS.get)
        await redisBenchmark(sides.proxy, LOADS.set)
      })),
    }
  },
}

async function measure(
  name: LoadName,
  load: BenchmarkLoad,
  sides: Record<'direct' | 'HAProxy' | 'proxy', NodeLogin>,
  confirmed: NodeLogin,
  replica: { host: string; port: number } | null,
  at: (address: { host: string; port: number } | null) => NodeLogin,
): Promise<Figure[]> {
  const run = (login: NodeLogin) => () => redisBenchmark(login, load)
  const measured = await interleave(
    {
      direct: run(sides.direct),
      HAProxy: run(sides.HAProxy),
      proxy: run(sides.proxy),
      ...(load.command === 'get' && { confirmed: run(confirmed) }),
      ...(load.connections === 1 && { ping: () => redisBenchmark(at(replica), LONE_PING) }),
    },
    { rounds: ROUNDS },
  )
  const perSecond = (rounds: readonly BenchmarkResult[]) => rounds.map((round) => round.perSecond)
  const p50Ms = (rounds: readonly BenchmarkResult[]) => rounds.map((round) => round.p50Ms)
  const figures: Figure[] = []
  const goal = GOALS[name]
  if (goal !== undefined) {
    const beside = measured[goal.beside]
    figures.push(
      figure(
        `${name}: proxy, relative to ${goal.beside}`,
        '×',
        ratios(perSecond(measured.proxy), perSecond(beside)),
        goal.goal,
      ),
    )
  }
  if (measured.confirmed !== undefined) {
    const ratio = ratios(perSecond(measured.confirmed), perSecond(measured.proxy))
    figures.push(figure(`${name}: confirmed reads, relative to leased ones`, '×', ratio, { atLeast: 0.6 }))
  }
  if (measured.ping !== undefined) {
    const [direct, ping] = [p50Ms(measured.direct), p50Ms(measured.ping)]
    const more = p50Ms(measured.proxy).map((ms, round) => ms - (direct[round] ?? 0) - (ping[round] ?? 0))
    figures.push(
      figure(`${name}: p50 of the proxy, minus direct and a round trip to a replica`, 'ms', more, {
        atMost: 0.5,
      }),
    )
    for (const [side, rounds] of Object.entries(measured)) {
      if (rounds !== undefined) figures.push(figure(`${name}: p50, ${side}`, 'ms', p50Ms(rounds)))
    }
    return figures
  }
  for (const [side, rounds] of Object.entries(measured)) {
    if (rounds !== undefined) figures.push(figure(`${name}: ${side}`, '/s', perSecond(rounds)))
  }
  return figures
}

/** In a proxy that has done nothing else, whose heap has no room left from other work. */
async function measureMemory(
  bed: TestBed,
  { stack, say }: Pick<Context, 'stack' | 'say'>,
  login: NodeLogin,
): Promise<Figure> {
  say(`${IDLE_CONNECTIONS} idle connections`)
  const proxy = WorkerProcess.start<RedisProxyWorker>(stack, 'redis-proxy')
  const port = await proxy.call('start', { group: bed.proxyGroup(), maxClients: 2 * IDLE_CONNECTIONS })
  const clients = WorkerProcess.start<IdleConnectionsWorker>(stack, 'idle-connections')
  await clients.call('open', { ...login, port }, FIRST_CONNECTIONS)
  await pause(SETTLE_MS)
  const before = await proxy.call('residentBytes')
  await clients.call('open', { ...login, port }, IDLE_CONNECTIONS)
  await pause(SETTLE_MS)
  const after = await proxy.call('residentBytes')
  await clients.stop()
  await proxy.stop()
  return single('memory of an idle connection', 'bytes', (after - before) / IDLE_CONNECTIONS, {
    below: 10_240,
  })
}
