import { type Figure, isMissed } from './figure.ts'
import type { SelfTime } from './profile.ts'
import type { ClientName } from './redis-clients/client.ts'
import type { WorkerProcess } from './worker-process.ts'

/** The environment of a benchmark. */
export interface Context {
  /** Ends everything that the benchmark started, also after an error. */
  stack: AsyncDisposableStack
  /** The numbers of sessions in the stores of the scale benchmark. */
  sizes: readonly number[]
  /** How long the benchmark `flood` floods (in seconds). */
  floodSeconds: number
  /** The clients and the faults of the benchmark `redis-proxy-faults`. */
  clients: readonly ClientName[]
  faults: readonly string[]
  /** Reports the current step. */
  say: (line: string) => void
}

export interface Outcome {
  /** Sentences that describe the setup, and the processes that shared the cores. */
  setup: readonly string[]
  figures: readonly Figure[]
  tables?: readonly Table[]
  /** Notes for the reader, in addition to the figures. */
  notes?: readonly string[]
  /** The functions that used the time, if a goal was missed. */
  profile?: readonly SelfTime[]
  /** What a later run of a part of this benchmark keeps of this one. */
  observed?: unknown
}

/** What does not fit into figures. */
export interface Table {
  title: string
  head: readonly string[]
  rows: readonly (readonly string[])[]
}

export interface Benchmark {
  name: string
  title: string
  run(context: Context): Promise<Outcome>
}

/** If a goal was missed, runs the work once more and returns its profile. */
export async function profileWhenMissed(
  figures: readonly Figure[],
  worker: WorkerProcess<never>,
  work: () => Promise<unknown>,
): Promise<Pick<Outcome, 'profile'>> {
  return isMissed(figures) ? { profile: await worker.profile(work) } : {}
}
