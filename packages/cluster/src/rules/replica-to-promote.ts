import { priorityOf } from '../site/site.ts'
import { dataCentrePath, hostsOf } from './places.ts'
import type { Rule } from './rule.ts'
import { SENTINEL_DOCS } from './sources.ts'

export const replicaToPromote: Rule = {
  id: 'replica-to-promote',
  severity: 'error',
  summary: 'Fewer than two Redis of a data centre may become primary.',
  why: 'Sentinel never promotes a Redis of priority 0. When the only other one is lost there is no failover, and nobody can log in.',
  fix: 'Leave `replicaPriority` out, so that every Redis may be promoted.',
  source: SENTINEL_DOCS,
  *check({ dataCentres }) {
    for (const dataCentre of dataCentres) {
      const redis = hostsOf(dataCentre, ['redis'])
      const eligible = redis.filter(({ host }) => priorityOf(host) > 0)
      if (eligible.length >= 2 || eligible.length === redis.length) continue
      yield {
        path: [...dataCentrePath(dataCentre), 'hosts'],
        message: `Of ${redis.length} Redis in ${dataCentre.name}, ${eligible.length} may become primary.`,
      }
    }
  },
}
