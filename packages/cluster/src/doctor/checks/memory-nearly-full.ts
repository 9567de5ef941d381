import type { Group } from '../../topology/topology.ts'
import { redisCli } from '../advice.ts'
import type { Check } from '../finding.ts'
import { fillsMemory, usedBytes } from '../../redis/memory.ts'
import { answering } from '../snapshot.ts'
import { count } from '../words.ts'

/** A Redis needs memory beside its data, for replicas, clients and copies while it writes its files. */
const MAX_SHARE_OF_HOST = 0.5

export const memoryNearlyFull: Check = {
  id: 'memory-nearly-full',
  severity: 'warning',
  title: 'The memory of a Redis is nearly full',
  why: 'When it is full, nobody can log in any more; nothing is dropped, and log-outs still work.',
  needs: ['redis'],
  check: ({ redis, topology }) =>
    answering(redis).flatMap(({ name, address, facts }) => {
      const limit = Number(facts.config['maxmemory'])
      const used = usedBytes(facts)
      if (limit === 0 || !fillsMemory(used, limit)) return []
      // Twice what is used, too: the limit may be far below it.
      const roomy = 2 * Math.max(limit, used)
      const ofHost = Number(facts.info['total_system_memory'])
      const isTooMuch = ofHost > 0 && roomy > MAX_SHARE_OF_HOST * ofHost
      const set = `${inFile(topology, roomy)}${redisCli(address, 'CONFIG', 'SET', 'maxmemory', String(roomy))}`
      return {
        subject: name,
        evidence: `It uses ${count(used)} bytes for data; its limit is ${count(limit)}.`,
        mend: isTooMuch
          ? `Its host has ${count(ofHost)} bytes, too few for a limit of ${count(roomy)}. Give every host of a Redis more memory first. Then:\n${set}`
          : set,
      }
    }),
}

/** Where a file says how much it is to be, that is what the other hosts and the next start go by. */
const inFile = ({ redis }: Group, bytes: number): string =>
  redis === undefined
    ? ''
    : `Set redis.maxmemoryMb in the file of the data centre to ${Math.ceil(bytes / 1024 ** 2)}, and meanwhile:\n`
