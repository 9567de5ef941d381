import { canonical } from '../site/network.ts'
import { hostsOf } from './places.ts'
import type { Rule } from './rule.ts'
import { SENTINEL_DOCS } from './sources.ts'

export const duplicateAddress: Rule = {
  id: 'duplicate-address',
  severity: 'error',
  summary: 'Two hosts of a data centre have the same address.',
  why: 'They are one machine: what looks like two copies of a session is one, and only one of two Redis can listen.',
  fix: 'Give each host its own address, also inside the tunnel.',
  source: SENTINEL_DOCS,
  *check({ dataCentres }) {
    for (const dataCentre of dataCentres) {
      for (const key of ['address', 'tunnelAddress'] as const) {
        const taken = new Map<string, string>()
        for (const { host, path } of hostsOf(dataCentre)) {
          const address = host[key]
          if (address === null) continue
          const usual = canonical(address) ?? address
          const owner = taken.get(usual)
          taken.set(usual, owner ?? host.name)
          if (owner === undefined) continue
          yield { path: [...path, key], message: `${owner} has the address ${usual} already.` }
        }
      }
    }
  },
}
