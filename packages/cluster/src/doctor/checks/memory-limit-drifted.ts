import { redisCli, setDirective } from '../advice.ts'
import type { Check } from '../finding.ts'
import { fillsMemory, roomyLimitMb, usedBytes } from '../../redis/memory.ts'
import { mostUsedBytes } from '../memory.ts'
import { answering, type RedisFacts, type Snapshot } from '../snapshot.ts'
import { count } from '../words.ts'

export const memoryLimitDrifted: Check = {
  id: 'memory-limit-drifted',
  severity: 'warning',
  title: 'A Redis has another memory limit than planned',
  why: 'Any of them may be the primary tomorrow: with less than planned it refuses logins early, with more it may not fit its host.',
  needs: ['redis'],
  check: (snapshot) =>
    answering(snapshot.redis).flatMap((node) => {
      const [live, planned] = [node.facts.config, node.facts.plannedConfig].map(limitOf)
      if (live === undefined || planned === undefined || !isDrift(live, planned, snapshot)) return []
      const evidence = `Its maxmemory is ${count(live)} bytes instead of ${count(planned)}.`
      if (live < planned || hasRoom(snapshot, planned)) {
        return {
          subject: node.name,
          evidence,
          ...setDirective(node, 'maxmemory', String(planned)),
        }
      }
      return {
        subject: node.name,
        evidence,
        mend:
          `It is not lowered: what a Redis holds would fill it, or one does not answer. Raise redis.maxmemoryMb in the file of the ` +
          `data centre to ${roomyLimitMb(mostUsedBytes(snapshot))} or ` +
          `more. To see what is used:\n${redisCli(node.address, 'INFO', 'memory')}`,
      }
    }),
}

const limitOf = ({ maxmemory = '' }: RedisFacts['config']): number => Number(maxmemory)

/** No limit at all is a finding of its own; and where no file says how much it is to be, it may be raised by hand. */
function isDrift(live: number, planned: number, { topology }: Snapshot): boolean {
  if (live === 0 || live === planned) return false
  return live < planned || topology.redis !== undefined
}

/** Every Redis was asked, and none holds so much that this limit would soon refuse logins. */
const hasRoom = ({ redis }: Snapshot, limitBytes: number): boolean =>
  redis.every(({ facts }) => facts !== null && !fillsMemory(usedBytes(facts), limitBytes))
