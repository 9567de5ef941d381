import type { DataCentre } from './data-centre.ts'
import { type Figure, figure } from './figure.ts'
import type { Throughput } from './loops.ts'
import type { WorkerProcess } from './worker-process.ts'

/** Processor time per piece of work (in microseconds). */
export interface CpuCost {
  processUs: number
  primaryUs: number
  /** The mean of both replicas. */
  replicaUs: number
}

/** Measures work, and the processor time that the work uses in each process. */
export async function withCpuCost<T extends Throughput>(
  centre: DataCentre,
  worker: WorkerProcess<never>,
  work: () => Promise<T>,
): Promise<T & CpuCost> {
  const before = await usedMs(centre, worker)
  const measured = await work()
  const after = await usedMs(centre, worker)
  const us = (pick: (used: Used) => number) => (1000 * (pick(after) - pick(before))) / measured.count
  return {
    ...measured,
    processUs: us(({ process }) => process),
    primaryUs: us(({ primary }) => primary),
    replicaUs: us(({ replicas }) => replicas) / 2,
  }
}

export function cpuFigures(what: string, rounds: readonly CpuCost[]): Figure[] {
  const of = (where: string, pick: (cost: CpuCost) => number) =>
    figure(`processor time per ${what}, ${where}`, 'µs', rounds.map(pick))
  return [
    of('its process', ({ processUs }) => processUs),
    of('the primary', ({ primaryUs }) => primaryUs),
    of('each replica', ({ replicaUs }) => replicaUs),
  ]
}

interface Used {
  process: number
  primary: number
  replicas: number
}

async function usedMs({ group }: DataCentre, worker: WorkerProcess<never>): Promise<Used> {
  const primary = await group.primary()
  const used: Used = { process: await worker.cpuMs(), primary: 0, replicas: 0 }
  for (const server of group.redis) {
    const info = String(await group.run(server, 'INFO', 'cpu'))
    const ms = 1000 * (cpuSeconds(info, 'used_cpu_user') + cpuSeconds(info, 'used_cpu_sys'))
    if (server === primary) used.primary += ms
    else used.replicas += ms
  }
  return used
}

function cpuSeconds(info: string, field: string): number {
  const seconds = new RegExp(`^${field}:([0-9.]+)`, 'm').exec(info)?.[1]
  if (seconds === undefined) throw new Error(`INFO cpu has no ${field}.`)
  return Number(seconds)
}
