import { REPLICA_PRIORITY } from '../../site/site.ts'
import { setDirective } from '../advice.ts'
import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'

export const priorityChanged: Check = {
  id: 'priority-changed',
  severity: 'warning',
  title: 'A replica-priority is not as planned',
  why: 'An interrupted switchover leaves it so. In a failover the replica with the lowest number is taken, not the one that has most.',
  check: ({ redis }) =>
    answering(redis)
      .filter(
        ({ facts }) => !['0', String(REPLICA_PRIORITY)].includes(facts.config['replica-priority'] ?? ''),
      )
      .map((node) => ({
        subject: node.name,
        evidence: `It is ${node.facts.config['replica-priority']} instead of ${REPLICA_PRIORITY}.`,
        ...setDirective(node, 'replica-priority', String(REPLICA_PRIORITY)),
      })),
}
