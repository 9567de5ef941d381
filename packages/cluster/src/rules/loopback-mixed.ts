import { isLoopback } from '../site/network.ts'
import { hostsOf } from './places.ts'
import type { Rule } from './rule.ts'
import { SENTINEL_DOCS } from './sources.ts'

export const loopbackMixed: Rule = {
  id: 'loopback-mixed',
  severity: 'error',
  summary: 'Some hosts of a data centre have loopback addresses, others have not.',
  why: 'A loopback address leads each host to itself. A Redis that announces 127.0.0.1 is taken by every other host for its own.',
  fix: 'Give the host the address at which the others reach it. Only a data centre on one machine has loopback addresses throughout.',
  source: SENTINEL_DOCS,
  *check({ dataCentres }) {
    for (const dataCentre of dataCentres) {
      const hosts = hostsOf(dataCentre)
      const local = hosts.filter(({ host }) => isLoopback(host.address))
      if (local.length === hosts.length) continue
      for (const { host, path } of local) {
        yield {
          path: [...path, 'address'],
          message: `${host.address} means every host itself, and other hosts of ${dataCentre.name} are elsewhere.`,
        }
      }
    }
  },
}
