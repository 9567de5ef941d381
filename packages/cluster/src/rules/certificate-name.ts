import { allHosts } from './places.ts'
import type { Rule } from './rule.ts'
import { rfc } from './sources.ts'

const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'
const DNS_NAME = new RegExp(`^(?=.{1,253}$)${LABEL}(\\.${LABEL})*$`, 'i')

export const certificateName: Rule = {
  id: 'certificate-name',
  severity: 'error',
  summary: 'One of the names of a host is no DNS name.',
  why: 'It would go into a certificate, where no client finds what it looks for. A wildcard would let one host pass for all.',
  fix: 'Give full names such as redis-1.example.com. The address is in the certificate anyway.',
  source: rfc(5280, 'Internet X.509 Certificate Profile, 4.2.1.6'),
  *check(site) {
    for (const { host, path } of allHosts(site)) {
      for (const [index, name] of host.names.entries()) {
        if (DNS_NAME.test(name) && !/^[\d.]+$/.test(name)) continue
        yield { path: [...path, 'names', index], message: `"${name}" is no DNS name.` }
      }
    }
  },
}
