import { dataCentrePath, hostsOf } from './places.ts'
import type { Rule } from './rule.ts'
import { sharedTokenRedis } from './sources.ts'

export const severalApplications: Rule = {
  id: 'several-applications',
  severity: 'warning',
  summary: 'Fewer than two hosts of a data centre run an application or a gateway.',
  why: 'Tokens are shared so that a user can go from one server to another. With one server there is nobody to share with; and servers that the file does not name are kept out by the firewall that is made from it.',
  fix: 'Name every host that uses the tokens, with `runs: [application]` or `runs: [gateway]`.',
  source: sharedTokenRedis('introduction'),
  *check({ dataCentres }) {
    for (const dataCentre of dataCentres) {
      const { length } = hostsOf(dataCentre, ['application', 'gateway'])
      if (length >= 2) continue
      yield {
        path: [...dataCentrePath(dataCentre), 'hosts'],
        message: `${dataCentre.name} names ${length === 0 ? 'no host' : 'one host only'} that uses the tokens.`,
      }
    }
  },
}
