import { allHosts } from './places.ts'
import type { Rule } from './rule.ts'
import { rfc } from './sources.ts'

export const hostName: Rule = {
  id: 'host-name',
  severity: 'error',
  summary: 'The name of a host is no DNS label.',
  why: 'It is a name in the certificate of the host, and the name of the folder with its files.',
  fix: 'Take 1 to 63 of a-z, 0-9 and "-", with a letter or a digit at both ends. Longer names go under `names`.',
  source: rfc(1123, 'Requirements for Internet Hosts, 2.1'),
  *check(site) {
    for (const { host, path } of allHosts(site)) {
      if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(host.name)) continue
      yield { path: [...path, 'name'], message: `"${host.name}" is not 1 to 63 of a-z, 0-9 and "-".` }
    }
  },
}
