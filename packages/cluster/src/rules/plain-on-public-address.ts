import { TOKEN_SERVICES } from '../render/placement.ts'
import { isPublic } from '../site/network.ts'
import { allHosts } from './places.ts'
import type { Rule } from './rule.ts'
import { sharedTokenRedis } from './sources.ts'

export const plainOnPublicAddress: Rule = {
  id: 'plain-on-public-address',
  severity: 'error',
  summary: 'Tokens would travel unencrypted to a public address.',
  why: 'Whoever sees the traffic has the passwords of Redis and can end or list every session.',
  fix: 'Set `transport: tls`, or give the host a private address.',
  source: sharedTokenRedis('security: encryption'),
  *check(site) {
    if (site.transport !== 'plain') return
    for (const { host, path } of allHosts(site, TOKEN_SERVICES)) {
      if (!isPublic(host.address)) continue
      yield {
        path: [...path, 'address'],
        message: `The traffic of ${host.name} at the public address ${host.address} is not encrypted.`,
      }
    }
  },
}
