import { isPublic } from '../site/network.ts'
import { allHosts } from './places.ts'
import type { Rule } from './rule.ts'
import { sharedTokenRedis } from './sources.ts'

export const publicAddress: Rule = {
  id: 'public-address',
  severity: 'warning',
  summary: 'Redis or Sentinel has an address of the public internet.',
  why: 'Access to Redis should be blocked for all but the applications. With a public address a firewall is all that does it.',
  fix: 'Give it a private address (10.x, 172.16-31.x, 192.168.x or fc00::/7), or make sure that the firewall which Holdfast renders is loaded.',
  source: sharedTokenRedis('security: block access from all outside'),
  *check(site) {
    if (site.transport === 'plain') return
    for (const { host, path } of allHosts(site, ['redis', 'sentinel'])) {
      if (!isPublic(host.address)) continue
      yield {
        path: [...path, 'address'],
        message: `${host.name} stores tokens at the public address ${host.address}.`,
      }
    }
  },
}
