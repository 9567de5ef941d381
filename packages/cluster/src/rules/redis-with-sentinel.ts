import { allHosts, servicePath } from './places.ts'
import type { Rule } from './rule.ts'
import { sharedTokenRedis } from './sources.ts'

export const redisWithSentinel: Rule = {
  id: 'redis-with-sentinel',
  severity: 'warning',
  summary: 'A host runs Redis without Sentinel, or Sentinel without Redis.',
  why: 'The rules of a failover were tried with one of each on every host: a host that is cut off then loses its Redis and its vote together, and the side with the majority of votes has the majority of the data.',
  fix: 'Let the same three hosts run both: `runs: [redis, sentinel]`.',
  source: sharedTokenRedis('a single Redis/Sentinel on each server'),
  *check(site) {
    for (const placed of allHosts(site, ['redis', 'sentinel'])) {
      const { runs, name } = placed.host
      if (runs.includes('redis') && runs.includes('sentinel')) continue
      const [has, lacks] = runs.includes('redis') ? ['Redis', 'Sentinel'] : ['Sentinel', 'Redis']
      yield {
        path: servicePath(placed, 'redis', 'sentinel'),
        message: `${name} runs ${has} without ${lacks}.`,
      }
    }
  },
}
