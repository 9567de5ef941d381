import { type Figure, isMissed } from './figure.ts'
import type { SelfTime } from './profile.ts'
import type { WorkerProcess } from './worker-process.ts'

/** What a benchmark is run with. */
export interface Context {
  /** Ends what the benchmark started, however it ends. */
  stack: AsyncDisposableStack
  /** How many sessions the stores of the scale benchmark hold. */
  sizes: readonly number[]
  /** Tells what is being done. */
  say: (line: string) => void
}

export interface Outcome {
  /** What was set up, and who shared the cores: sentences. */
  setup: readonly string[]
  figures: readonly Figure[]
  /** What a reader should know beside the figures. */
  notes?: readonly string[]
  /** Where the time of a missed goal goes. */
  profile?: readonly SelfTime[]
}

export interface Benchmark {
  name: string
  title: string
  run(context: Context): Promise<Outcome>
}

/** A profile of one more run of the work, when a goal was missed. */
export async function profileWhenMissed(
  figures: readonly Figure[],
  worker: WorkerProcess<never>,
  work: () => Promise<unknown>,
): Promise<Pick<Outcome, 'profile'>> {
  return isMissed(figures) ? { profile: await worker.profile(work) } : {}
}
