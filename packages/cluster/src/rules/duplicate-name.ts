import { hostsOf } from './places.ts'
import type { Rule } from './rule.ts'
import { rfc } from './sources.ts'

export const duplicateName: Rule = {
  id: 'duplicate-name',
  severity: 'error',
  summary: 'Two hosts of a data centre have a name in common.',
  why: 'Names are in certificates: a host could pass for the other one. And the files of one host would replace those of the other.',
  fix: 'Give each host a `name` and `names` of its own.',
  source: rfc(6125, 'Verification of Domain-Based Application Service Identity'),
  *check({ dataCentres }) {
    for (const dataCentre of dataCentres) {
      const taken = new Map<string, string>()
      for (const { host, path } of hostsOf(dataCentre)) {
        const given = [
          { name: host.name, at: [...path, 'name'] },
          ...host.names.map((name, index) => ({ name, at: [...path, 'names', index] })),
        ]
        for (const { name, at } of given) {
          const owner = taken.get(name.toLowerCase())
          taken.set(name.toLowerCase(), owner ?? host.address)
          if (owner === undefined) continue
          yield { path: at, message: `The host at ${owner} has the name ${name} already.` }
        }
      }
    }
  },
}
