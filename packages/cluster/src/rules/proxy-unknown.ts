import { hostsThatRun } from '../site/site.ts'
import { dataCentrePath } from './places.ts'
import type { Rule } from './rule.ts'
import { holdfast } from './sources.ts'

export const proxyUnknown: Rule = {
  id: 'proxy-unknown',
  severity: 'warning',
  summary: 'Gateways cannot know the proxy in front of them.',
  why: 'A gateway takes the address that connects as that of the client. Behind a proxy that it does not know, all people have one address, and share one limit of login attempts: 200 wrong passwords keep everyone from logging in.',
  fix: 'Give the proxy a host with `runs: [balancer]`, or name the address from which it connects: `gateway: { trustedProxies: [ADDRESS] }`. If clients do reach the gateways without a proxy, say so by `trustedProxies: []`.',
  source: holdfast('docs/proxies/README.md'),
  *check({ dataCentres, gateway }) {
    if (gateway !== undefined && 'trustedProxies' in gateway) return
    for (const dataCentre of dataCentres) {
      if (hostsThatRun(dataCentre, 'gateway').length === 0) continue
      if (hostsThatRun(dataCentre, 'balancer').length > 0) continue
      yield {
        path: [...dataCentrePath(dataCentre), 'hosts'],
        message: `The gateways of ${dataCentre.name} have no balancer in this file, and \`gateway.trustedProxies\` names no proxy.`,
      }
    }
  },
}
