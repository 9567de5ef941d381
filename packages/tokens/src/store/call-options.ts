/** Limits a single call. */
export interface CallOptions {
  /** Give up after this long (in milliseconds). Default: the store's `verifyTimeoutMs` or `writeTimeoutMs`. */
  timeoutMs?: number
  /** Give up when this signal aborts. */
  signal?: AbortSignal
}
