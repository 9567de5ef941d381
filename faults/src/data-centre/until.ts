/** A condition did not become true in time. */
class WaitedInVainError extends Error {}

const LOOK_AGAIN_MS = 10

/** Waits until the condition is true. Throws `WaitedInVainError`, or the reason of the aborted signal. */
export async function until(
  what: string,
  condition: () => Promise<boolean>,
  { timeoutMs = 30_000, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await condition())) {
    signal?.throwIfAborted()
    if (performance.now() > deadline) throw new WaitedInVainError(`Waited in vain until ${what}.`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
  }
}
