import { setImmediate } from 'node:timers/promises'
import { percentile } from './rounds.ts'

export interface Throughput {
  perSecond: number
  count: number
}

export interface Latencies extends Throughput {
  p50Ms: number
  p99Ms: number
}

/** One piece of work. `turn` counts from 0 over all loops. The work throws when its result is not the expected one. */
export type Work = (turn: number) => Promise<void>

/**
 * The number of pieces per turn of the event loop, about a millisecond. After that, timers and sockets get their
 * turn.
 */
const IN_ONE_TURN = 256

/** Runs one piece of work after another for `durationMs`. */
export async function runInSequence(durationMs: number, work: Work): Promise<Throughput> {
  const startMs = performance.now()
  let count = 0
  let elapsedMs = 0
  while (elapsedMs < durationMs) {
    for (let inTurn = 0; inTurn < IN_ONE_TURN; inTurn++) {
      await work(count)
      count += 1
    }
    await setImmediate()
    elapsedMs = performance.now() - startMs
  }
  return { perSecond: (1000 * count) / elapsedMs, count }
}

/** Runs several loops at the same time for `durationMs`. Each loop runs one piece of work at a time. */
export async function runInLoops(durationMs: number, concurrency: number, work: Work): Promise<Throughput> {
  const startMs = performance.now()
  let count = 0
  const loop = async () => {
    while (performance.now() - startMs < durationMs) {
      count += 1
      await work(count - 1)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, loop))
  return { perSecond: (1000 * count) / (performance.now() - startMs), count }
}

/** Does the same, and measures the time of each piece. */
export async function timeInLoops(durationMs: number, concurrency: number, work: Work): Promise<Latencies> {
  const tookMs: number[] = []
  const throughput = await runInLoops(durationMs, concurrency, async (turn) => {
    const startMs = performance.now()
    await work(turn)
    tookMs.push(performance.now() - startMs)
  })
  return { ...throughput, p50Ms: percentile(tookMs, 0.5), p99Ms: percentile(tookMs, 0.99) }
}

/** Runs `work` for each number below `count`, with at most `concurrency` calls at the same time. */
export async function forEachOf(count: number, concurrency: number, work: Work): Promise<void> {
  let next = 0
  const loop = async () => {
    while (next < count) {
      next += 1
      await work(next - 1)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, loop))
}

/**
 * Creates a new string from the bytes. In reality the token of a request is never the same string object as the
 * previous one. Code that recognizes strings by their identity or by a stored hash must not look faster than it is.
 */
export function asNewString(bytes: Buffer | undefined): string {
  return bytes === undefined ? '' : bytes.toString('latin1')
}
