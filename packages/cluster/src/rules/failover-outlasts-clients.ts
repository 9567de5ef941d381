import type { Rule } from './rule.ts'
import { measured } from './sources.ts'

/** From when the primary is held for dead until a client has written to the new one. */
const PROMOTION_MS = 2000

export const failoverOutlastsClients: Rule = {
  id: 'failover-outlasts-clients',
  severity: 'error',
  summary: 'A failover takes longer than the clients try.',
  why: 'A client whose retries run out gives up: ioredis with 20 retries does so after 10.5 s, and a platform whose heartbeat cannot be written then shuts itself down. An outage of seconds becomes one that waits for an operator.',
  fix: 'Set `timings: fast`, or let the clients try for longer: `retryBudgetMs` must exceed `downAfterMs` by 2 s at least.',
  source: measured('1.2 to 1.5 s from down to the first write, and clients of applications later than that'),
  *check({ timings: { downAfterMs }, clients }) {
    const neededMs = downAfterMs + PROMOTION_MS
    if (clients === undefined || clients.retryBudgetMs >= neededMs) return
    yield {
      path: ['clients', 'retryBudgetMs'],
      message: `The clients give up after ${clients.retryBudgetMs} ms; a lost host takes about ${neededMs} ms.`,
    }
  },
}
