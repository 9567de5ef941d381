/** A condition did not become true in time. */
class WaitTimedOutError extends Error {}

const POLL_INTERVAL_MS = 10

/** Waits until the condition is true. Throws `WaitTimedOutError`, or the reason of the aborted signal. */
export async function until(
  what: string,
  condition: () => Promise<boolean>,
  { timeoutMs = 30_000, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await condition())) {
    signal?.throwIfAborted()
    if (performance.now() > deadline) {
      throw new WaitTimedOutError(`Timed out after ${timeoutMs} ms waiting until ${what}.`)
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS))
  }
}

/** Settles as `work` does, or rejects with the message after this time. */
export async function withTimeout<T>(work: Promise<T>, limitMs: number, message: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(message)), limitMs)
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
