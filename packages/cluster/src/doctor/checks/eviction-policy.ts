import { setDirective } from '../advice.ts'
import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'

export const evictionPolicy: Check = {
  id: 'eviction-policy',
  severity: 'error',
  title: 'A Redis drops entries when memory is full',
  why: 'It would drop sessions, and the tombstones by which a log-out stays a log-out.',
  needs: ['redis'],
  check: ({ redis }) =>
    answering(redis)
      .filter(({ facts }) => facts.config['maxmemory-policy'] !== 'noeviction')
      .map((node) => ({
        subject: node.name,
        evidence: `Its maxmemory-policy is ${node.facts.config['maxmemory-policy']}.`,
        ...setDirective(node, 'maxmemory-policy', node.facts.plannedConfig['maxmemory-policy'] ?? ''),
      })),
}
