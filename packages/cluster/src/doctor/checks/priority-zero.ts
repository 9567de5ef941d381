import { REPLICA_PRIORITY } from '../../site/site.ts'
import { setDirective } from '../advice.ts'
import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'

export const priorityZero: Check = {
  id: 'priority-zero',
  severity: 'error',
  title: 'A Redis may never be promoted',
  why: 'Its replica-priority is 0. When all replicas have that, a lost primary is not replaced at all.',
  check: ({ redis }) =>
    answering(redis)
      .filter(({ facts }) => facts.config['replica-priority'] === '0')
      .map((node) => ({
        subject: node.name,
        evidence: 'Its replica-priority is 0.',
        ...setDirective(node, 'replica-priority', String(REPLICA_PRIORITY)),
      })),
}
