import type { Benchmark } from '../benchmark.ts'
import { pause } from '../clock.ts'
import { CommandMonitor, countOnRedis, countOnSentinels } from '../command-counts.ts'
import { DataCentre } from '../data-centre.ts'
import { figure } from '../figure.ts'
import { WorkerProcess } from '../worker-process.ts'
import type { HoldfastWorker } from '../workers/holdfast.ts'

const ROUNDS = 5
const ROUND_MS = 6000
/** After this time a new process has finished its start. */
const START_UP_MS = 4000

interface Counts {
  redis: number
  sentinels: number
}

export const idle: Benchmark = {
  name: 'idle',
  title: 'An idle process',
  async run({ stack, say }) {
    const centre = await DataCentre.start(stack)
    const monitor = await CommandMonitor.start(stack, centre)
    const cpu: number[] = []
    const onRedis: number[] = []
    const onSentinels: number[] = []
    const sent: number[] = []
    const byCommand = new Map<string, number>()
    for (let round = 0; round < ROUNDS; round++) {
      say(`round ${round + 1} of ${ROUNDS}: ${ROUND_MS} ms without the process, then ${ROUND_MS} ms with it`)
      const without = await perSecond(centre, () => pause(ROUND_MS))
      const worker = WorkerProcess.start<HoldfastWorker>(stack, 'holdfast')
      await worker.call('open', centre.storeOptions())
      await pause(START_UP_MS)
      await monitor.find('holdfast-bench')
      monitor.take()
      const beside = await perSecond(centre, async () => {
        cpu.push(await worker.call('idle', ROUND_MS))
      })
      const commands = monitor.take()
      await worker.stop()
      onRedis.push(beside.redis - without.redis)
      onSentinels.push(beside.sentinels - without.sentinels)
      sent.push((1000 * [...commands.values()].reduce((total, count) => total + count, 0)) / ROUND_MS)
      for (const [command, count] of commands) byCommand.set(command, (byCommand.get(command) ?? 0) + count)
    }
    const rates = [...byCommand].map(([command, count]) => {
      return `${command} ${((1000 * count) / ROUNDS / ROUND_MS).toFixed(1)}`
    })
    return {
      setup: [
        `A process with an open store and no calls, for ${ROUND_MS / 1000} s, after the same time without the process; ${ROUNDS} times. Sent: the commands of its connections in \`MONITOR\` on all three Redis. Caused: \`INFO commandstats\` of all three Redis, minus the time without the process; this also counts the commands inside scripts, and the commands that replication repeats on both replicas.`,
        'The process, three Redis and three Sentinels share two cores that are otherwise idle.',
      ],
      figures: [
        figure('processor time, of one core', '%', cpu, { below: 1 }),
        figure('commands that the process sends to Redis', '/s', sent, { below: 20 }),
        figure('commands that it causes on all three Redis (commandstats)', '/s', onRedis, { below: 20 }),
        figure('commands that it causes on all three Sentinels', '/s', onSentinels),
      ],
      notes: [`Sent per second: ${rates.join(', ')}.`],
    }
  },
}

/** Commands per second while `work` runs. */
async function perSecond(centre: DataCentre, work: () => Promise<void>): Promise<Counts> {
  const startMs = performance.now()
  const before = { redis: await countOnRedis(centre), sentinels: await countOnSentinels(centre) }
  await work()
  const after = { redis: await countOnRedis(centre), sentinels: await countOnSentinels(centre) }
  const seconds = (performance.now() - startMs) / 1000
  return {
    redis: (after.redis - before.redis) / seconds,
    sentinels: (after.sentinels - before.sentinels) / seconds,
  }
}
