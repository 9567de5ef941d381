import { besideRedis } from './beside-redis.ts'
import type { Rule } from './rule.ts'
import { sharedTokenRedis } from './sources.ts'

export const mongodbBesideRedis: Rule = {
  id: 'mongodb-beside-redis',
  severity: 'error',
  summary: 'MongoDB runs on a host of Redis or Sentinel.',
  why: 'MongoDB uses much memory and disk. Redis then waits for its disk or is ended for want of memory, and a Sentinel that waits sees failures that are none.',
  fix: 'Give Redis and Sentinel hosts without MongoDB.',
  source: sharedTokenRedis('location of Redis and Sentinel'),
  check: (site) => besideRedis(site, 'MongoDB', 'mongodb'),
}
