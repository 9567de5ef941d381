export interface Timings {
  name: TimingsName | 'custom'
  /** How long a node must be silent until a Sentinel holds it to be down (in milliseconds). */
  downAfterMs: number
  /** Sentinel's `failover-timeout` (in milliseconds). */
  failoverTimeoutMs: number
}

export type TimingsName = 'fast' | 'reference'

/**
 * `reference` is what the document "Shared Token Redis" asks for. `fast` fails over about 8 s sooner; less than
 * 1500 ms is unsafe: a Sentinel then takes a just promoted primary for dead (redis issue 8607).
 */
export const TIMINGS: Record<TimingsName, Timings> = {
  fast: { name: 'fast', downAfterMs: 1500, failoverTimeoutMs: 6000 },
  reference: { name: 'reference', downAfterMs: 10_000, failoverTimeoutMs: 30_000 },
}
