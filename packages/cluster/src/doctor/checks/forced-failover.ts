import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'

export const forcedFailover: Check = {
  id: 'forced-failover',
  severity: 'warning',
  title: 'A failover was forced',
  why: 'SENTINEL FAILOVER asks for no vote. While the primary lives, it and the promoted Redis may both acknowledge logins for up to a second, and longer where a host is cut off.',
  needs: ['sentinels'],
  check: ({ sentinels }) =>
    answering(sentinels)
      .filter(({ facts }) => facts.failingOver && facts.flags.includes('force_failover'))
      .map(({ name, facts }) => ({
        subject: name,
        evidence: `Its flags for ${facts.primary} are ${facts.flags.join(',')}.`,
        mend: 'Nothing, if `holdfast switchover` runs or the process of the primary has just ended: these pause the writes first, or know that there are none. Otherwise use `holdfast switchover` the next time, never SENTINEL FAILOVER.',
      })),
}
