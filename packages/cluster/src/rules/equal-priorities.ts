import { priorityOf } from '../site/site.ts'
import { hostsOf } from './places.ts'
import type { Rule } from './rule.ts'
import { SENTINEL_DOCS } from './sources.ts'

export const equalPriorities: Rule = {
  id: 'equal-priorities',
  severity: 'warning',
  summary: 'The Redis of a data centre have different priorities.',
  why: 'Sentinel looks at the priority before it looks at how much data a replica has. It then promotes the preferred one even if that lacks logins which another has.',
  fix: 'Leave `replicaPriority` out. To move the primary, ask for a switchover.',
  source: SENTINEL_DOCS,
  *check({ dataCentres }) {
    for (const dataCentre of dataCentres) {
      const redis = hostsOf(dataCentre, ['redis'])
      const priorities = redis.map(({ host }) => priorityOf(host))
      const usual = Math.max(...priorities)
      for (const [index, { host, path }] of redis.entries()) {
        if (priorities[index] === usual) continue
        yield {
          path: [...path, 'replicaPriority'],
          message: `${host.name} has the priority ${priorities[index]}, others have ${usual}.`,
        }
      }
    }
  },
}
