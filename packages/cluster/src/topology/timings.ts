export interface Timings {
  name: TimingsName | 'custom'
  /** How long a node must be silent until a Sentinel holds it to be down (in milliseconds). */
  downAfterMs: number
  /** Sentinel's `failover-timeout` (in milliseconds). */
  failoverTimeoutMs: number
}

export type TimingsName = 'fast' | 'reference'
