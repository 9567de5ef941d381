import { besideRedis } from './beside-redis.ts'
import type { Rule } from './rule.ts'
import { sharedTokenRedis } from './sources.ts'

export const balancerBesideRedis: Rule = {
  id: 'balancer-beside-redis',
  severity: 'warning',
  summary: 'A load balancer runs on a host of Redis or Sentinel.',
  why: 'A balancer is reached from outside; Redis should be reached from the applications only. On one host, one mistake in the firewall opens both.',
  fix: 'Give the balancer a host of its own.',
  source: sharedTokenRedis('security: block access from all outside'),
  check: (site) => besideRedis(site, 'a load balancer', 'balancer'),
}
