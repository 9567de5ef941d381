import { setTimeout as sleep } from 'node:timers/promises'
import { DrillError } from './errors.ts'

const POLL_INTERVAL_MS = 20

/** Waits until the condition holds. Returns false when it does not within `timeoutMs`. Throws when aborted. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const giveUpAtMs = performance.now() + timeoutMs
  for (;;) {
    throwIfAborted(signal)
    if (await condition()) return true
    if (performance.now() >= giveUpAtMs) return false
    await pause(POLL_INTERVAL_MS, signal)
  }
}

/** Waits for a time. Throws `DRILL_ABORTED` when aborted meanwhile. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch {
    throwIfAborted(signal)
  }
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new DrillError('DRILL_ABORTED', 'The drill was interrupted.')
}
