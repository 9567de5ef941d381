import { TIMINGS } from '../topology/topology.ts'
import type { Rule } from './rule.ts'
import { measured, SENTINEL_DOCS, sharedTokenRedis } from './sources.ts'

const MIN_DOWN_AFTER_MS = 1500
/** From the moment that Sentinel marks the primary as down until a client has written to the new primary. */
const PROMOTION_MS = 2000

/** Rules about the timings of a failover. */
export const timingRules: readonly Rule[] = [
  {
    id: 'down-after-too-short',
    severity: 'warning',
    summary: 'Sentinel marks a node as down after less than 1500 ms.',
    why: 'Sentinel then marks a primary as down just after its promotion, and fails over again. With 1000 ms this happened in 4 of 85 failovers and lost up to 1,014 acknowledged writes. With 1500 ms and more it happened in none of 75.',
    fix: 'Set `downAfterMs` to at least 1500, or set `timings: fast`. If a Redis process crashes, its watchdog requests the failover at once and does not wait this long.',
    source: { title: 'Redis issue 8607', url: 'https://github.com/redis/redis/issues/8607' },
    *check({ timings: { downAfterMs } }) {
      if (downAfterMs >= MIN_DOWN_AFTER_MS) return
      yield {
        path: ['timings', 'downAfterMs'],
        message: `Sentinel marks a node as down after ${downAfterMs} ms; less than ${MIN_DOWN_AFTER_MS} ms is unsafe.`,
      }
    },
  },
  {
    id: 'slow-failover',
    severity: 'warning',
    summary: 'Sentinel notices a lost host later than the reference document requires.',
    why: 'Logins fail until Sentinel marks the primary as down. The document sets 10 seconds so that users notice no delay.',
    fix: 'Set `timings: reference` (10 s) or `timings: fast` (1.5 s).',
    source: sharedTokenRedis('IAP specific configuration'),
    *check({ timings: { downAfterMs } }) {
      const maxMs = TIMINGS.reference.downAfterMs
      if (downAfterMs <= maxMs) return
      yield {
        path: ['timings', 'downAfterMs'],
        message: `Sentinel marks a lost primary as down after ${downAfterMs} ms; the reference is ${maxMs} ms.`,
      }
    },
  },
  {
    id: 'failover-timeout-too-short',
    severity: 'warning',
    summary: 'The failover timeout is less than twice `downAfterMs`.',
    why: 'Sentinel abandons a failover that does not finish within this time, and tries again later. The Sentinels need a part of this time to agree that the primary is down.',
    fix: 'Set `failoverTimeoutMs` to three times `downAfterMs`, as the reference document does (30 s and 10 s).',
    source: SENTINEL_DOCS,
    *check({ timings: { downAfterMs, failoverTimeoutMs } }) {
      if (failoverTimeoutMs >= 2 * downAfterMs) return
      yield {
        path: ['timings', 'failoverTimeoutMs'],
        message: `The failover timeout is ${failoverTimeoutMs} ms, less than twice the ${downAfterMs} ms of \`downAfterMs\`.`,
      }
    },
  },
  {
    id: 'failover-outlasts-clients',
    severity: 'error',
    summary: 'A failover takes longer than clients keep retrying.',
    why: 'A client that runs out of retries gives up: ioredis with 20 retries does so after 10.5 s, and a platform that cannot write its heartbeat then shuts down. An outage of seconds becomes one that needs an operator.',
    fix: 'Set `timings: fast`, or let the clients retry for longer: `retryBudgetMs` must exceed `downAfterMs` by at least 2 s.',
    source: measured(
      '1.2 to 1.5 s from down to the first write, and clients of applications later than that',
    ),
    *check({ timings: { downAfterMs }, clients }) {
      const neededMs = downAfterMs + PROMOTION_MS
      if (clients === undefined || clients.retryBudgetMs >= neededMs) return
      yield {
        path: ['clients', 'retryBudgetMs'],
        message: `Clients give up after ${clients.retryBudgetMs} ms, but a failover takes about ${neededMs} ms.`,
      }
    },
  },
]
