import { besideRedis } from './hosts.ts'
import type { Rule } from './rule.ts'
import { sharedTokenRedis } from './sources.ts'

/** Rules about other services on the hosts of Redis and Sentinel. */
export const neighbourRules: readonly Rule[] = [
  {
    id: 'mongodb-beside-redis',
    severity: 'error',
    summary: 'MongoDB runs on a host of Redis or Sentinel.',
    why: 'MongoDB uses much memory and disk. The kernel may kill Redis when memory runs out, or Redis waits for the disk. A slowed Sentinel reports failures that did not happen.',
    fix: 'Move MongoDB to other hosts.',
    source: sharedTokenRedis('location of Redis and Sentinel'),
    check: (site) => besideRedis(site, 'MongoDB', 'mongodb'),
  },
  {
    id: 'rabbitmq-beside-redis',
    severity: 'warning',
    summary: 'RabbitMQ runs on a host of Redis or Sentinel.',
    why: 'RabbitMQ and Redis slow each other down, and maintenance of one interrupts the other.',
    fix: 'Give Redis and Sentinel their own hosts.',
    source: sharedTokenRedis('location of Redis and Sentinel'),
    check: (site) => besideRedis(site, 'RabbitMQ', 'rabbitmq'),
  },
  {
    id: 'application-beside-redis',
    severity: 'warning',
    summary: 'An application or a gateway runs on a host of Redis or Sentinel.',
    why: 'A busy application slows Redis down, one failed host takes out both, and an attacker who breaks into the application is on the machine that stores the tokens.',
    fix: 'Give Redis and Sentinel their own hosts.',
    source: sharedTokenRedis('location of Redis and Sentinel'),
    check: (site) => besideRedis(site, 'an application or a gateway', 'application', 'gateway'),
  },
  {
    id: 'balancer-beside-redis',
    severity: 'warning',
    summary: 'A load balancer runs on a host of Redis or Sentinel.',
    why: 'Clients outside the data centre reach the balancer, but only applications should reach Redis. On a shared host, one mistake in the firewall exposes both.',
    fix: 'Give the balancer its own host.',
    source: sharedTokenRedis('security: block access from all outside'),
    check: (site) => besideRedis(site, 'a load balancer', 'balancer'),
  },
]
