import { REDIS_SETTINGS } from '../site/site.ts'
import type { Rule } from './rule.ts'
import { REDIS_CONF } from './sources.ts'

export const backlogFitsBuffer: Rule = {
  id: 'backlog-fits-buffer',
  severity: 'error',
  summary: 'The replication backlog is not smaller than the output buffer of a replica.',
  why: 'A replica that comes back is sent the backlog through its buffer. If that does not fit, the primary drops the connection, the replica comes back, and so on for ever: it never catches up.',
  fix: 'Set `replicaBufferMb` to a multiple of `backlogMb`, such as 256 and 64.',
  source: REDIS_CONF,
  *check({ redis = REDIS_SETTINGS }) {
    const { backlogMb, replicaBufferMb } = redis
    if (backlogMb < replicaBufferMb) return
    yield {
      path: ['redis', 'backlogMb'],
      message: `A backlog of ${backlogMb} MiB does not fit into a buffer of ${replicaBufferMb} MiB.`,
    }
  },
}
