import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'

export const failoverUnderWay: Check = {
  id: 'failover-under-way',
  severity: 'info',
  title: 'A failover is under way',
  why: 'Some of the other findings may be gone when it has ended.',
  needs: ['sentinels'],
  check: ({ sentinels }) =>
    answering(sentinels)
      .filter(({ facts }) => facts.failingOver)
      .map(({ name, facts }) => ({
        subject: name,
        evidence: `It leads a failover from ${facts.primary}.`,
        mend: 'Wait a few seconds, and ask again.',
      })),
}
