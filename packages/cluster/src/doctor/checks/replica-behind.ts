import type { Check } from '../finding.ts'
import { answering, primariesOf } from '../snapshot.ts'
import { count } from '../words.ts'

/** A planned switchover refuses a replica that is further behind (in bytes). */
const MOST_BEHIND = 1024 * 1024

export const replicaBehind: Check = {
  id: 'replica-behind',
  severity: 'warning',
  title: 'A replica is far behind its primary',
  why: 'If it were promoted now, the applications would have to write the missing part again.',
  needs: ['redis', 'addresses'],
  check: (snapshot) => {
    const [primary] = primariesOf(snapshot)
    if (primary === undefined) return []
    return answering(snapshot.redis).flatMap(({ name, facts }) => {
      const behind = primary.facts.replication.offset - facts.replication.offset
      if (
        !facts.replication.linkUp ||
        facts.replication.primaryAddress !== primary.at ||
        behind <= MOST_BEHIND
      )
        return []
      return {
        subject: name,
        evidence: `${count(behind)} bytes behind ${primary.name}.`,
        mend: 'Look whether its host, its disk or the network between is overloaded.',
      }
    })
  },
}
