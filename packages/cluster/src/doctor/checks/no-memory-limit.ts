import { setDirective } from '../advice.ts'
import type { Check } from '../finding.ts'
import { usedBytes } from '../../redis/memory.ts'
import { answering } from '../snapshot.ts'
import { count } from '../words.ts'

export const noMemoryLimit: Check = {
  id: 'no-memory-limit',
  severity: 'error',
  title: 'A Redis has no memory limit',
  why: 'It grows until the kernel kills it or something beside it.',
  needs: ['redis'],
  check: ({ redis }) =>
    answering(redis)
      .filter(({ facts }) => facts.config['maxmemory'] === '0')
      .map((node) => ({
        subject: node.name,
        evidence: `Its maxmemory is 0, and it uses ${count(usedBytes(node.facts))} bytes for data.`,
        ...setDirective(node, 'maxmemory', node.facts.plannedConfig['maxmemory'] ?? ''),
      })),
}
