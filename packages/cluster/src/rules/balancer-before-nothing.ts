import { countOf, hostsOf, servicePath } from './places.ts'
import type { Rule } from './rule.ts'
import { NGINX_DOCS } from './sources.ts'

export const balancerBeforeNothing: Rule = {
  id: 'balancer-before-nothing',
  severity: 'error',
  summary: 'A load balancer has no server to send requests to.',
  why: 'HAProxy answers every request by 503, and nginx does not start with a list of no servers.',
  fix: 'Name the hosts that it stands before, with `runs: [application]` or `runs: [gateway]`. Or take `balancer` out.',
  source: NGINX_DOCS,
  *check({ dataCentres }) {
    for (const dataCentre of dataCentres) {
      if (countOf(dataCentre, 'application') + countOf(dataCentre, 'gateway') > 0) continue
      for (const placed of hostsOf(dataCentre, ['balancer'])) {
        yield {
          path: servicePath(placed, 'balancer'),
          message: `${placed.host.name} balances, and no host of ${dataCentre.name} runs an application or a gateway.`,
        }
      }
    }
  },
}
