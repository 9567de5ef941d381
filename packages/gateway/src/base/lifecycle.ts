/** The phase of a gateway: running, draining, or giving up. */
export interface Lifecycle {
  /** True after the stop signal: `/readyz` answers 503 and connections are no longer kept open. */
  readonly draining: boolean
  /** Aborts when requests that still wait for the store must give up. */
  readonly giveUp: AbortSignal
}

/** A lifecycle, and the two steps towards its end that its owner takes. INV-GATEWAY-28. */
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
