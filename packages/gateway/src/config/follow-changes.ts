import { versionsOf } from '../files/version.ts'
import type { ConfigChangeSignal } from './change-signal.ts'

/** A failed attempt is repeated with a delay that doubles each time, even if the files do not change (in milliseconds). */
const FIRST_RETRY_MS = 1000
const MAX_RETRY_MS = 5000

/** A state that was read from files. Which files these are may depend on it. */
export interface Followed {
  files: readonly string[]
  /** Their versions, taken before reading, so that a change during the reading is noticed at the next check. */
  versions: string
}

export interface FollowChangesOptions<State extends Followed> {
  /** Reads and applies what changed, and returns what is then in use. Throws if it cannot be used yet. */
  take: (inUse: State) => Promise<State>
  /** An error as a sentence. */
  sentenceOf: (error: unknown) => string
  /** The old state stays in use. `isRepeated`: the last attempt failed with the same sentence. */
  onRefused: (problem: string, error: unknown, isRepeated: boolean) => void
  changeSignal: ConfigChangeSignal
  signal: AbortSignal
}

/** Calls `take` after each change of the followed files and each request, and again after it failed, until `signal` aborts. */
export async function followChanges<State extends Followed>(
  first: State,
  { take, sentenceOf, onRefused, changeSignal, signal }: FollowChangesOptions<State>,
): Promise<void> {
  let inUse = first
  let seen = inUse.versions
  let waitMs = Number.POSITIVE_INFINITY
  let failures = 0
  let lastProblem = ''
  for (;;) {
    await changeSignal.wait(inUse.files, seen, waitMs, signal)
    if (signal.aborted) return
    seen = await versionsOf(inUse.files)
    try {
      inUse = await take(inUse)
      seen = inUse.versions
      waitMs = Number.POSITIVE_INFINITY
      failures = 0
      lastProblem = ''
    } catch (error) {
      if (signal.aborted) return
      failures += 1
      waitMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1)) * (0.5 + Math.random() / 2)
      const problem = sentenceOf(error)
      onRefused(problem, error, problem === lastProblem)
      lastProblem = problem
    }
  }
}
