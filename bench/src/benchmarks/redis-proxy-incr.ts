import type { Benchmark } from '../benchmark.ts'
import { pause } from '../clock.ts'
import { CuttingRelays } from '../cutting-relays.ts'
import { DataCentre } from '../data-centre.ts'
import { type Figure, single } from '../figure.ts'
import { TestBed } from '../redis-clients/test-bed.ts'
import { WorkerProcess } from '../worker-process.ts'
import type { IncrementingWorker } from '../workers/incrementing.ts'

const FAILOVERS = 10
const PER_FAILOVER = 10_000
/** The primary is killed when so many of a round are acknowledged. */
const BEFORE_KILL = 2000
const CUT_EVERY_MS = 100

export const redisProxyIncr: Benchmark = {
  name: 'redis-proxy-incr',
  title: 'The Redis proxy: a counter through ten failovers',
  async run({ say }) {
    const figures = [...(await count(say, false)), ...(await count(say, true))]
    return {
      setup: [
        `${(FAILOVERS * PER_FAILOVER).toLocaleString('en-US')} INCR of one counter by ioredis through the proxy, 50 at a time. The primary is killed ${FAILOVERS} times with kill -9, each time after the group is healthy again. "With cuts": relays between the proxy and each Redis also end a connection every ${CUT_EVERY_MS} ms, so that answers are lost.`,
        'Beyond the acknowledged ones: the counter minus the acknowledged increments. It must be at least 0, or an acknowledged one was lost, and at most the UNCERTAIN ones, or one was done twice.',
      ],
      figures,
    }
  },
}

async function count(say: (line: string) => void, withCuts: boolean): Promise<Figure[]> {
  await using stack = new AsyncDisposableStack()
  const centre = await DataCentre.start(stack)
  const { group } = centre
  const bed = await TestBed.start(stack, centre, { usesHaproxy: false, startsProxy: false })
  const relays = new CuttingRelays()
  const routes = withCuts
    ? await relays.start(
        stack,
        group.redis.map(({ address }) => address),
      )
    : undefined
  await bed.startProxy({}, routes)
  const worker = WorkerProcess.start<IncrementingWorker>(stack, 'incrementing')
  await worker.call('open', bed.endpoint('with the proxy', 'Sentinel mode'))
  if (withCuts) relays.cutEvery(stack, CUT_EVERY_MS)
  const name = withCuts ? 'with cuts' : 'no cuts'
  let seen = await worker.call('run', 'counter', 0)
  for (let round = 0; round < FAILOVERS; round++) {
    const killAt = seen.acknowledged + BEFORE_KILL
    const running = worker.call('run', 'counter', PER_FAILOVER)
    while ((await worker.call('acknowledged')) < killAt) await pause(5)
    const old = await group.primary()
    await old.kill()
    while ((await group.primary().catch(() => old)) === old) await pause(50)
    await old.start()
    await group.untilHealthy()
    seen = await running
    say(
      `${name}: failover ${round + 1} of ${FAILOVERS}, ${seen.acknowledged} acknowledged, ${seen.uncertain} UNCERTAIN`,
    )
  }
  if (seen.otherErrors.length > 0)
    throw new Error(`Unexpected errors: ${[...new Set(seen.otherErrors)].join('; ')}`)
  const counter = Number(await group.run(await group.primary(), 'GET', 'counter'))
  const { sentAgain, foundDone, lostProofs } = await bed.proxyCounters()
  const beyond = counter - seen.acknowledged
  const figures = [
    single(`${name}: acknowledged`, '', seen.acknowledged),
    single(`${name}: UNCERTAIN`, '', seen.uncertain),
    single(`${name}: UNAVAILABLE`, '', seen.unavailable, { atMost: 0 }),
    single(`${name}: the counter, beyond the acknowledged ones`, '', beyond, { atMost: seen.uncertain }),
    single(`${name}: acknowledged and lost`, '', Math.max(0, -beyond), { atMost: 0 }),
    single(`${name}: answers that two increments got`, '', seen.acknowledged - seen.distinct, { atMost: 0 }),
    single(`${name}: batches sent again`, '', sentAgain),
    single(`${name}: batches found done, without an answer`, '', foundDone),
    single(`${name}: acknowledged batches that a new primary lacked`, '', lostProofs),
  ]
  return withCuts ? [...figures, single(`${name}: connections cut`, '', relays.cuts)] : figures
}
