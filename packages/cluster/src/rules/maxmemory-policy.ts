import { REDIS_SETTINGS } from '../site/site.ts'
import type { Rule } from './rule.ts'
import { EVICTION_DOCS } from './sources.ts'

export const maxmemoryPolicy: Rule = {
  id: 'maxmemory-policy',
  severity: 'error',
  summary: 'Redis may forget sessions and revocations when its memory is full.',
  why: 'An evicted session is a user who is logged out. An evicted revocation is a log-out that is undone. With `noeviction` Redis refuses new logins instead, which is seen at once.',
  fix: 'Leave `maxmemoryPolicy` out (it is noeviction then), and give Redis enough memory.',
  source: EVICTION_DOCS,
  *check({ redis = REDIS_SETTINGS }) {
    if (redis.maxmemoryPolicy === 'noeviction') return
    yield {
      path: ['redis', 'maxmemoryPolicy'],
      message: `With ${redis.maxmemoryPolicy} a full Redis forgets sessions and revocations.`,
    }
  },
}
