import { besideRedis } from './beside-redis.ts'
import type { Rule } from './rule.ts'
import { sharedTokenRedis } from './sources.ts'

export const rabbitmqBesideRedis: Rule = {
  id: 'rabbitmq-beside-redis',
  severity: 'warning',
  summary: 'RabbitMQ runs on a host of Redis or Sentinel.',
  why: 'It is possible, but each slows the other down, and neither can be maintained alone.',
  fix: 'Give Redis and Sentinel hosts of their own.',
  source: sharedTokenRedis('location of Redis and Sentinel'),
  check: (site) => besideRedis(site, 'RabbitMQ', 'rabbitmq'),
}
