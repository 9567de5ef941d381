import { setDirective } from '../advice.ts'
import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'
import { plannedPriority } from './planned-priority.ts'

export const priorityChanged: Check = {
  id: 'priority-changed',
  severity: 'warning',
  title: 'A replica-priority is not as planned',
  why: 'An interrupted switchover leaves it so. In a failover the replica with the lowest number is taken, not the one that has most.',
  needs: ['redis'],
  check: ({ redis, topology }) =>
    answering(redis).flatMap((node) => {
      const live = node.facts.config['replica-priority'] ?? ''
      const planned = plannedPriority(topology, node.at)
      if (live === '0' || live === planned) return []
      return {
        subject: node.name,
        evidence: `It is ${live} instead of ${planned}.`,
        ...setDirective(node, 'replica-priority', planned),
      }
    }),
}
