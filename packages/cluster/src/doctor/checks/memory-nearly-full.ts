import type { Group } from '../../topology/topology.ts'
import { redisCli } from '../advice.ts'
import type { Check } from '../finding.ts'
import { fillsMemory, usedMemory } from '../planned-config.ts'
import { answering } from '../snapshot.ts'
import { count } from '../words.ts'

export const memoryNearlyFull: Check = {
  id: 'memory-nearly-full',
  severity: 'warning',
  title: 'The memory of a Redis is nearly full',
  why: 'When it is full, nobody can log in any more; nothing is dropped, and log-outs still work.',
  check: ({ redis, topology }) =>
    answering(redis).flatMap(({ name, address, facts: { info, config } }) => {
      const limit = Number(config['maxmemory'])
      const used = usedMemory(info)
      if (limit === 0 || !fillsMemory(used, limit)) return []
      // Twice what is used, too: the limit may be far below it.
      const roomy = 2 * Math.max(limit, used)
      return {
        subject: name,
        evidence: `It uses ${count(used)} bytes for data; its limit is ${count(limit)}.`,
        mend: `${inFile(topology, roomy)}${redisCli(address, 'CONFIG', 'SET', 'maxmemory', String(roomy))}`,
      }
    }),
}

/** Where a file says how much it is to be, that is what the other hosts and the next start go by. */
const inFile = ({ redis }: Group, bytes: number): string =>
  redis === undefined
    ? ''
    : `Set redis.maxmemoryMb in the file of the data centre to ${Math.ceil(bytes / 1024 ** 2)}, and meanwhile:\n`
