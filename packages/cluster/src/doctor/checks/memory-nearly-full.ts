import { redisCli } from '../advice.ts'
import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'

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
      return {
        subject: name,
        evidence: `${Math.round((100 * used) / limit)} % of ${Math.round(limit / 1024 ** 2)} MiB are in use.`,
        mend: redisCli(address, 'CONFIG', 'SET', 'maxmemory', String(2 * limit)),
      }
    }),
}
