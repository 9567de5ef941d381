import { REDIS_SETTINGS } from '../site/site.ts'
import type { Rule } from './rule.ts'
import { REDIS_CONF } from './sources.ts'

export const memoryHoldsBacklog: Rule = {
  id: 'memory-holds-backlog',
  severity: 'error',
  summary: 'The memory of Redis is not twice its replication backlog.',
  why: 'The backlog counts as used memory. What it leaves is for sessions; if it leaves nothing, Redis refuses every login once the backlog is full.',
  fix: 'Raise `maxmemoryMb`, or lower `backlogMb`.',
  source: REDIS_CONF,
  *check({ redis = REDIS_SETTINGS }) {
    const { maxmemoryMb, backlogMb } = redis
    if (maxmemoryMb >= 2 * backlogMb) return
    yield {
      path: ['redis', 'maxmemoryMb'],
      message: `Of ${maxmemoryMb} MiB, a backlog of ${backlogMb} MiB leaves too little for sessions.`,
    }
  },
}
