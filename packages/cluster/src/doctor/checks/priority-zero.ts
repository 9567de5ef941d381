import { compareClocks } from '@holdfast/tokens/redis'
import { setDirective } from '../advice.ts'
import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'
import { plannedPriority } from './planned-priority.ts'

export const priorityZero: Check = {
  id: 'priority-zero',
  severity: 'error',
  title: 'A Redis may never be promoted',
  why: 'Its replica-priority is 0. When all replicas have that, a lost primary is not replaced at all.',
  needs: ['redis'],
  check: ({ redis, topology }) => {
    const readings = answering(redis).map(({ at, facts }) => ({ address: at, aheadMs: facts.clock.aheadMs }))
    // The watchdog gives a Redis that priority while its clock is wrong, which is a finding of its own.
    const { deviating } = compareClocks(readings, redis.length)
    return answering(redis)
      .filter(({ facts, at }) => {
        return (
          !deviating.includes(at) &&
          facts.config['replica-priority'] === '0' &&
          plannedPriority(topology, at) !== '0'
        )
      })
      .map((node) => ({
        subject: node.name,
        evidence: 'Its replica-priority is 0.',
        ...setDirective(node, 'replica-priority', plannedPriority(topology, node.at)),
      }))
  },
}
