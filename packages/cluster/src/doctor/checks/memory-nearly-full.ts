import { redisCli } from '../advice.ts'
import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'
import { count } from '../words.ts'

const NEARLY = 0.8

export const memoryNearlyFull: Check = {
  id: 'memory-nearly-full',
  severity: 'warning',
  title: 'The memory of a Redis is nearly full',
  why: 'When it is full, nobody can log in any more; nothing is dropped, and log-outs still work.',
  check: ({ redis }) =>
    answering(redis).flatMap(({ name, address, facts: { info, config } }) => {
      const limit = Number(config['maxmemory'])
      const used = Number(info['used_memory']) - Number(info['mem_not_counted_for_evict'])
      if (limit === 0 || !(used > NEARLY * limit)) return []
      // Twice what is used, too: the limit may be far below it.
      const roomy = 2 * Math.max(limit, used)
      return {
        subject: name,
        evidence: `It uses ${count(used)} bytes for data; its limit is ${count(limit)}.`,
        mend: redisCli(address, 'CONFIG', 'SET', 'maxmemory', String(roomy)),
      }
    }),
}
