import { besideRedis } from './beside-redis.ts'
import type { Rule } from './rule.ts'
import { sharedTokenRedis } from './sources.ts'

export const applicationBesideRedis: Rule = {
  id: 'application-beside-redis',
  severity: 'warning',
  summary: 'An application or a gateway runs on a host of Redis or Sentinel.',
  why: 'It is possible, but a busy application slows Redis down, its host is lost with both, and whoever breaks into the application is beside the tokens.',
  fix: 'Give Redis and Sentinel hosts of their own.',
  source: sharedTokenRedis('location of Redis and Sentinel'),
  check: (site) => besideRedis(site, 'an application or a gateway', 'application', 'gateway'),
}
