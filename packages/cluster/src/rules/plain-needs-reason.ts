import { TOKEN_SERVICES } from '../render/placement.ts'
import { isLoopback } from '../site/network.ts'
import { allHosts } from './places.ts'
import type { Rule } from './rule.ts'
import { sharedTokenRedis } from './sources.ts'

export const plainNeedsReason: Rule = {
  id: 'plain-needs-reason',
  severity: 'error',
  summary: 'The transport between hosts is plain, and the file does not say why.',
  why: 'Passwords and the traffic of logins then cross the network in clear. That may be right, but somebody should have decided it, and the next person should find the reason.',
  fix: 'Set `transport: tls`, or write the reason as `plainBecause: ...`.',
  source: sharedTokenRedis('security: encryption'),
  *check(site) {
    if (site.transport !== 'plain' || site.plainBecause !== null) return
    if (allHosts(site, TOKEN_SERVICES).every(({ host }) => isLoopback(host.address))) return
    yield { path: ['transport'], message: 'Plain traffic between hosts needs a reason: `plainBecause`.' }
  },
}
