import { allHosts } from './places.ts'
import type { Rule } from './rule.ts'
import { sharedTokenRedis } from './sources.ts'

export const runsOnce: Rule = {
  id: 'runs-once',
  severity: 'error',
  summary: 'A host is said to run the same service twice.',
  why: 'Two Redis on one host are lost together: they count as two copies and are one.',
  fix: 'Name each service of a host once, and give a second Redis a host of its own.',
  source: sharedTokenRedis('a single Redis/Sentinel on each server'),
  *check(site) {
    for (const { host, path } of allHosts(site)) {
      for (const [index, service] of host.runs.entries()) {
        if (host.runs.indexOf(service) === index) continue
        yield { path: [...path, 'runs', index], message: `${host.name} runs ${service} twice.` }
      }
    }
  },
}
