import { setDirective } from '../advice.ts'
import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'

export const noPersistence: Check = {
  id: 'no-persistence',
  severity: 'error',
  title: 'A Redis does not write its data to disk',
  why: 'It is started again within a second after a crash: empty, and as a primary it would empty the others.',
  needs: ['redis'],
  check: ({ redis }) =>
    answering(redis)
      .filter(({ facts }) => facts.config['appendonly'] !== 'yes')
      .map((node) => ({
        subject: node.name,
        evidence: `Its appendonly is ${node.facts.config['appendonly']}.`,
        ...setDirective(node, 'appendonly', node.facts.plannedConfig['appendonly'] ?? ''),
      })),
}
