/** The same lock-out is told once in so long, and so many are remembered. */
const LOCK_OUT_TOLD_MS = 60_000
const LOCK_OUTS_KEPT = 1000

/** Whether a lock-out, by its name, is to be told. */
export const createLockOutNews = () => createOnceAWhile(LOCK_OUT_TOLD_MS, LOCK_OUTS_KEPT)

/**
 * True for the first of many, and again after `periodMs`, for each name: so that what an attacker does a thousand times a
 * second is told once. Most `most` names are remembered; the oldest make way.
 */
export function createOnceAWhile(periodMs: number, most: number): (name: string, nowMs: number) => boolean {
  const silentUntilMs = new Map<string, number>()
  return (name, nowMs) => {
    if (nowMs < (silentUntilMs.get(name) ?? 0)) return false
    silentUntilMs.delete(name)
    for (const oldest of silentUntilMs.keys()) {
      if (silentUntilMs.size < most) break
      silentUntilMs.delete(oldest)
    }
    silentUntilMs.set(name, nowMs + periodMs)
    return true
  }
}
