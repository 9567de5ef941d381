import { TIMINGS } from '@holdfast/site/topology/topology'
import type { Benchmark } from '../benchmark.ts'
import { pause } from '../clock.ts'
import { DataCentre } from '../data-centre.ts'
import { figure } from '../figure.ts'
import { loseHost } from '../redis-clients/lost-host.ts'
import { SIDES, TestBed } from '../redis-clients/test-bed.ts'
import { WorkerProcess } from '../worker-process.ts'
import type { Heartbeats, HeartbeatWorker } from '../workers/heartbeat.ts'

const ROUNDS = 2
const EVERY_MS = 2000
/** The platform shuts down after so many failures in a row. */
const LIMIT = 20
const BEFORE_MS = 5000
const LOST_MS = 40_000
const { reference } = TIMINGS

export const redisProxyHeartbeat: Benchmark = {
  name: 'redis-proxy-heartbeat',
  title: 'The Redis proxy: the heartbeat of a platform while a host is lost',
  async run({ stack, say }) {
    const { downAfterMs, failoverTimeoutMs } = reference
    const centre = await DataCentre.start(stack, { downAfterMs, failoverTimeoutMs })
    const bed = await TestBed.start(stack, centre, { usesHaproxy: false })
    const seen: Heartbeats[][] = []
    for (let round = 0; round < ROUNDS; round++) {
      say(`lost host ${round + 1} of ${ROUNDS}`)
      const workers = SIDES.map(() => WorkerProcess.start<HeartbeatWorker>(stack, 'heartbeat'))
      await Promise.all(
        workers.map((worker, index) =>
          worker.call('start', bed.endpoint(SIDES[index] ?? 'without', 'Sentinel mode'), EVERY_MS),
        ),
      )
      await pause(BEFORE_MS)
      const bringBack = await loseHost(centre.group, await centre.group.primary())
      await pause(LOST_MS)
      seen.push(await Promise.all(workers.map((worker) => worker.call('stop'))))
      await Promise.all(workers.map((worker) => worker.stop()))
      await bringBack()
      await centre.group.untilHealthy(60_000)
    }
    const figures = SIDES.flatMap((side, index) => {
      const of = (pick: (one: Heartbeats) => number) =>
        seen.flatMap((round) => round.slice(index, index + 1)).map(pick)
      const goal = index === 0 ? { atMost: 0 } : undefined
      return [
        figure(
          `${side}: heartbeats that failed one after the other, at most`,
          '',
          of((one) => one.failedInARow),
          goal,
        ),
        figure(
          `${side}: attempts to connect that failed one after the other, at most`,
          '',
          of((one) => one.reconnectsInARow),
          goal,
        ),
        figure(
          `${side}: longest time between two acknowledged heartbeats`,
          's',
          of((one) => one.longestGapMs / 1000),
        ),
      ]
    })
    return {
      setup: [
        `ioredis with the settings of Itential's platform (\`maxRetriesPerRequest: 20\`) writes a heartbeat every ${EVERY_MS} ms, and would end the platform after ${LIMIT} failures in a row. The host of the primary is lost with its Sentinel: its packets are dropped. Timings of the profile \`reference\`: \`down-after-milliseconds\` ${downAfterMs}, \`failover-timeout\` ${failoverTimeoutMs}, no watchdog. Both sides at the same time, ${ROUNDS} times.`,
      ],
      figures,
    }
  },
}
