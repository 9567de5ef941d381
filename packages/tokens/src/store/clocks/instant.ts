import { uptime } from 'node:os'

/**
 * One moment on three clocks (in milliseconds). The monotonic clock stops while a machine is suspended or a virtual
 * machine is paused. The wall clock continues during that time, or is corrected afterwards. The time since boot
 * continues while a machine is suspended. Only differences of the same clock are meaningful.
 */
export interface Instant {
  monotonicMs: number
  wallMs: number
  bootMs: number
}

/**
 * Reading the time since boot costs 3 µs, the other two clocks less than 0.1 µs. So it is read at most once per
 * interval.
 */
const READ_BOOT_EVERY_MS = 20

let bootMs = 0
let bootReadAtMs = Number.NEGATIVE_INFINITY

/** Reads all clocks. The time since boot may be 20 ms old, and is rounded to 10 ms. */
export function readInstant(): Instant {
  const monotonicMs = performance.now()
  if (monotonicMs - bootReadAtMs >= READ_BOOT_EVERY_MS) {
    bootReadAtMs = monotonicMs
    bootMs = uptime() * 1000
  }
  return { monotonicMs, wallMs: Date.now(), bootMs }
}

/** The time from one moment to another, by the clock that shows the longest time (FACT-41). INV-TOKENS-42. */
export function elapsedMs(from: Instant, to: Instant): number {
  return Math.max(to.monotonicMs - from.monotonicMs, to.wallMs - from.wallMs, to.bootMs - from.bootMs)
}
