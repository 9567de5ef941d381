/** Where a gateway is in its life, for those who must know. */
export interface Lifecycle {
  /** True from the end signal on: `/readyz` says 503 and connections are no longer kept. */
  readonly draining: boolean
  /** Aborts when what still waits for the store must give up. */
  readonly giveUp: AbortSignal
}

/** A life, and the two steps towards its end that its owner takes. INV-GATEWAY-28. */
export function createLifecycle(): Lifecycle & { drain(): void; abandon(): void } {
  const giveUp = new AbortController()
  let draining = false
  return {
    get draining() {
      return draining
    },
    giveUp: giveUp.signal,
    drain() {
      draining = true
    },
    abandon: () => giveUp.abort(),
  }
}
