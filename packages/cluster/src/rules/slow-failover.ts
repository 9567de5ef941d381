import { TIMINGS } from '../topology/topology.ts'
import type { Rule } from './rule.ts'
import { sharedTokenRedis } from './sources.ts'

export const slowFailover: Rule = {
  id: 'slow-failover',
  severity: 'warning',
  summary: 'A lost host is noticed later than the reference document asks for.',
  why: 'Until a Sentinel holds the primary for dead, nobody can log in. The document sets 10 seconds so that users notice no delay.',
  fix: 'Set `timings: reference` (10 s) or `timings: fast` (1.5 s).',
  source: sharedTokenRedis('IAP specific configuration'),
  *check({ timings: { downAfterMs } }) {
    if (downAfterMs <= TIMINGS.reference.downAfterMs) return
    yield {
      path: ['timings', 'downAfterMs'],
      message: `A lost primary is noticed after ${downAfterMs} ms only.`,
    }
  },
}
