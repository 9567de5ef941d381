import { canonical } from '../site/network.ts'
import { allHosts } from './places.ts'
import type { Rule } from './rule.ts'
import { rfc } from './sources.ts'

export const addressSpelling: Rule = {
  id: 'address-spelling',
  severity: 'error',
  summary: 'An IPv6 address is not in its usual spelling.',
  why: 'Redis and Sentinel compare addresses as texts. What the file spells in one way and the operating system in another is two hosts to them.',
  fix: 'Write it in the spelling that the message gives.',
  source: rfc(5952, 'A Recommendation for IPv6 Address Text Representation'),
  *check(site) {
    for (const { host, path } of allHosts(site)) {
      for (const key of ['address', 'tunnelAddress'] as const) {
        const usual = canonical(host[key] ?? '')
        if (usual === null || usual === host[key]) continue
        yield { path: [...path, key], message: `${host[key]} is usually spelled ${usual}.` }
      }
    }
  },
}
