import type { Check } from '../finding.ts'
import { primariesOf } from '../snapshot.ts'

export const noPrimary: Check = {
  id: 'no-primary',
  severity: 'error',
  title: 'No Redis is the primary',
  why: 'Nobody can log in or out until one is promoted.',
  needs: ['redis'],
  check: (snapshot) => {
    // With a Redis missing that one may be it, and a failover is due.
    if (snapshot.redis.some(({ facts }) => facts === null) || primariesOf(snapshot).length > 0) return []
    return [
      {
        subject: 'the group',
        evidence: 'All Redis answer, and each calls itself a replica.',
        mend: `The Sentinels promote one after ${snapshot.topology.timings.downAfterMs / 1000} s at the least. If they do not, see the other findings: a majority of the Sentinels must answer, and one Redis must have a replica-priority above 0.`,
      },
    ]
  },
}
