import type { Rule } from './rule.ts'

const LEAST_MS = 1500

export const downAfterTooShort: Rule = {
  id: 'down-after-too-short',
  severity: 'warning',
  summary: 'Sentinel holds a node for dead after less than 1500 ms.',
  why: 'A Sentinel then takes a primary that was just promoted for dead and fails over again. With 1000 ms that happened in 4 of 85 failovers and lost up to 1,014 acknowledged writes; with 1500 ms and more in none of 75.',
  fix: 'Set `downAfterMs` to 1500 or more, or `timings: fast`. A process that crashed does not wait for it: the watchdog asks for the failover at once.',
  source: { title: 'Redis issue 8607', url: 'https://github.com/redis/redis/issues/8607' },
  *check({ timings: { downAfterMs } }) {
    if (downAfterMs >= LEAST_MS) return
    yield {
      path: ['timings', 'downAfterMs'],
      message: `A node is held for dead after ${downAfterMs} ms; less than ${LEAST_MS} ms is unsafe.`,
    }
  },
}
