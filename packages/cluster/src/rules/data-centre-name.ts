import { dataCentrePath } from './places.ts'
import type { Rule } from './rule.ts'
import { rfc } from './sources.ts'

export const dataCentreName: Rule = {
  id: 'data-centre-name',
  severity: 'error',
  summary: 'The name of a data centre has not the form that folders, units and certificates need.',
  why: 'The name becomes a part of paths, of the names of units and of certificates.',
  fix: 'Take 1 to 32 of a-z, 0-9 and "-", beginning with a letter or a digit: dc1, east-2.',
  source: rfc(1123, 'Requirements for Internet Hosts, 2.1'),
  *check({ dataCentres }) {
    for (const dataCentre of dataCentres) {
      if (/^[a-z0-9][a-z0-9-]{0,31}$/.test(dataCentre.name)) continue
      yield {
        path: dataCentrePath(dataCentre),
        message: `"${dataCentre.name}" is not 1 to 32 of a-z, 0-9 and "-".`,
      }
    }
  },
}
