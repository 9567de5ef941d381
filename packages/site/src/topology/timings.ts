export interface Timings {
  name: TimingsName | 'custom'
  /** How long a node must be silent before a Sentinel marks it as down (`down-after-milliseconds`). */
  downAfterMs: number
  /** Sentinel's `failover-timeout`. */
  failoverTimeoutMs: number
}

export type TimingsName = 'fast' | 'reference'
