import { PRIMARY_NAME, type ServerProcess, TEST_MARK, TEST_USERS } from '@holdfast/testing'
import type { Benchmark } from '../benchmark.ts'
import { pause } from '../clock.ts'
import { DataCentre } from '../data-centre.ts'
import { type Figure, figure } from '../figure.ts'
import { WorkerProcess } from '../worker-process.ts'
import type { ClientOptions, Rates, RedisClientWorker, Seen } from '../workers/redis-client.ts'
import type { RedisProxyWorker } from '../workers/redis-proxy.ts'

const ROUNDS = 3
const RATES: Rates = { reads: 500, writes: 100 }
const BEFORE_MS = 3000
const PAUSED_MS = 15_000

/** A fault, how long it is watched, and the longest wait that the proxy aims at (in milliseconds). */
interface Fault {
  title: string
  lastsMs: number
  goalMs: number
  cause: (centre: DataCentre) => Promise<{ repair: () => Promise<void> }>
}

const FAULTS: readonly Fault[] = [
  {
    title: 'kill -9 of the primary',
    lastsMs: 9000,
    goalMs: 3000,
    cause: async (centre) => killed(await centre.group.primary()),
  },
  {
    title: 'primary paused for 15 s',
    lastsMs: PAUSED_MS + 4000,
    goalMs: 3500,
    async cause(centre) {
      const primary = await centre.group.primary()
      primary.pause()
      const resumed = pause(PAUSED_MS).then(() => primary.resume())
      return { repair: () => resumed }
    },
  },
  {
    title: 'SENTINEL FAILOVER by hand',
    lastsMs: 6000,
    goalMs: 3500,
    async cause({ group }) {
      const [sentinel] = group.sentinels
      if (sentinel !== undefined) await group.run(sentinel, 'SENTINEL', 'FAILOVER', PRIMARY_NAME)
      return { repair: async () => {} }
    },
  },
  {
    title: 'kill -9 of a Sentinel',
    lastsMs: 4000,
    goalMs: 350,
    cause: async ({ group }) => killed(group.sentinels[0]),
  },
  {
    title: 'replica paused for 3 s',
    lastsMs: 5000,
    goalMs: 350,
    async cause({ group }) {
      const [replica] = await group.replicas()
      replica?.pause()
      const resumed = pause(3000).then(() => replica?.resume())
      return { repair: () => resumed }
    },
  },
]

async function killed(server: ServerProcess | undefined): Promise<{ repair: () => Promise<void> }> {
  await server?.kill()
  return { repair: async () => await server?.start() }
}

const SIDES = ['through the proxy', 'ioredis with Sentinels'] as const
type Side = (typeof SIDES)[number]

/** What one client saw of one fault. */
interface Judged extends Seen {
  lost: number
  twice: number
}

export const redisProxy: Benchmark = {
  name: 'redis-proxy',
  title: 'The Redis proxy: faults that an unmodified client sees',
  async run({ stack, say }) {
    const centre = await DataCentre.start(stack)
    const proxy = WorkerProcess.start<RedisProxyWorker>(stack, 'redis-proxy')
    const { sentinels, ...login } = centre.group.access
    const port = await proxy.call('start', {
      ...login,
      sentinels,
      dataCentre: 'bench',
      mark: TEST_MARK,
      clientName: 'bench-proxy',
    })
    const figures: Figure[] = []
    const notes: string[] = []
    for (const fault of FAULTS) {
      const rounds: Record<Side, Judged>[] = []
      for (let round = 0; round < ROUNDS; round++) {
        say(`${fault.title}, ${round + 1} of ${ROUNDS}`)
        rounds.push(await run(stack, centre, fault, port))
      }
      for (const side of SIDES) {
        const judged = rounds.map((round) => round[side])
        figures.push(...figuresOf(fault, side, judged))
        notes.push(...reasonsOf(fault, side, judged))
      }
    }
    const { sentAgain, foundDone, uncertain, lostProofs } = await proxy.call('status')
    return {
      setup: [
        `Two processes with an unmodified ioredis each, one through the proxy, one in Sentinel mode, both with its defaults: ${RATES.reads} GET and ${RATES.writes} INCR per second on one connection, at the same time on the same three Redis and three Sentinels, so that both see the same fault. \`down-after-milliseconds\` 1500, no watchdog. Each fault ${ROUNDS} times.`,
        'Lost: answered INCR that the counter lacks afterwards. Twice: what the counter has beyond the answered and the failed ones. Stale: reads that show less than an INCR that was answered before the read began. All processes share two cores.',
      ],
      figures,
      notes: [
        ...notes,
        `The proxy sent ${sentAgain} batches again, found ${foundDone} done without an answer, and answered ${uncertain} calls UNCERTAIN; a new primary lacked ${lostProofs} answered batches.`,
      ],
    }
  },
}

async function run(
  stack: AsyncDisposableStack,
  centre: DataCentre,
  fault: Fault,
  port: number,
): Promise<Record<Side, Judged>> {
  const { group } = centre
  const { username, password } = TEST_USERS.admin
  const options: Record<Side, ClientOptions> = {
    'through the proxy': { host: '127.0.0.1', port, username, password },
    'ioredis with Sentinels': {
      sentinels: group.sentinels.map(({ address }) => address),
      name: PRIMARY_NAME,
      username,
      password,
      sentinelUsername: username,
      sentinelPassword: password,
    },
  }
  const clients = SIDES.map((side) => ({
    side,
    key: `bench:${side.replaceAll(' ', '-')}`,
    worker: WorkerProcess.start<RedisClientWorker>(stack, 'redis-client'),
  }))
  await Promise.all(clients.map(({ side, key, worker }) => worker.call('start', options[side], key, RATES)))
  await pause(BEFORE_MS)
  const { repair } = await fault.cause(centre)
  await pause(fault.lastsMs)
  await repair()
  await group.untilHealthy()
  const primary = await group.primary()
  const judged = {} as Record<Side, Judged>
  for (const { side, key, worker } of clients) {
    const seen = await worker.call('stop')
    await worker.stop()
    const counter = Number(await group.run(primary, 'GET', key))
    judged[side] = {
      ...seen,
      lost: Math.max(0, seen.acknowledged - counter),
      twice: Math.max(0, counter - seen.acknowledged - seen.unanswered),
    }
  }
  return judged
}

function figuresOf({ title, goalMs }: Fault, side: Side, judged: readonly Judged[]): Figure[] {
  const isProxy = side === 'through the proxy'
  const none = isProxy ? { atMost: 0 } : undefined
  const name = (what: string) => `${title}, ${side}: ${what}`
  return [
    figure(
      name('failed commands'),
      '',
      judged.map(({ failed }) => failed),
      none,
    ),
    figure(
      name('answered writes lost'),
      '',
      judged.map(({ lost }) => lost),
      none,
    ),
    figure(
      name('writes done twice'),
      '',
      judged.map(({ twice }) => twice),
      none,
    ),
    figure(
      name('stale reads'),
      '',
      judged.map(({ stale }) => stale),
    ),
    figure(
      name('ends of the connection'),
      '',
      judged.map(({ disconnects }) => disconnects),
      none,
    ),
    figure(
      name('longest wait'),
      'ms',
      judged.map(({ longestMs }) => longestMs),
      isProxy ? { atMost: goalMs } : undefined,
    ),
  ]
}

function reasonsOf({ title }: Fault, side: Side, judged: readonly Judged[]): string[] {
  const all = new Map<string, number>()
  for (const { failures } of judged) {
    for (const [reason, count] of Object.entries(failures)) all.set(reason, (all.get(reason) ?? 0) + count)
  }
  if (all.size === 0) return []
  const listed = [...all].sort(([, a], [, b]) => b - a).map(([reason, count]) => `${reason} (${count})`)
  return [`${title}, ${side}: ${listed.slice(0, 3).join('; ')}.`]
}
