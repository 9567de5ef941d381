import type { Rule } from './rule.ts'
import { SENTINEL_DOCS } from './sources.ts'

export const failoverTimeoutTooShort: Rule = {
  id: 'failover-timeout-too-short',
  severity: 'warning',
  summary: 'The failover-timeout is less than twice down-after.',
  why: 'A failover that is not through in that time is dropped and tried again. The Sentinels need part of it to agree that the primary is down.',
  fix: 'Set `failoverTimeoutMs` to three times `downAfterMs`, as the reference document does (30 s and 10 s).',
  source: SENTINEL_DOCS,
  *check({ timings: { downAfterMs, failoverTimeoutMs } }) {
    if (failoverTimeoutMs >= 2 * downAfterMs) return
    yield {
      path: ['timings', 'failoverTimeoutMs'],
      message: `A failover may take ${failoverTimeoutMs} ms, and a node is held for dead after ${downAfterMs} ms.`,
    }
  },
}
