import type { Path } from '../site/finding.ts'
import { canonical } from '../site/network.ts'
import type { Site } from '../site/site.ts'
import { allHosts } from './places.ts'
import type { Rule } from './rule.ts'
import { sharedTokenRedis } from './sources.ts'

export const hostInTwoDataCentres: Rule = {
  id: 'host-in-two-data-centres',
  severity: 'error',
  summary: 'A host belongs to two data centres, by its name or its address.',
  why: 'Data centres share no tokens. A host in both carries tokens from one to the other, and Sentinels that meet there mix the two groups up.',
  fix: 'Give each data centre hosts of its own.',
  source: sharedTokenRedis('disaster recovery or a second data center'),
  *check(site) {
    const owners = new Map<string, string>()
    for (const { dataCentre, path, text, shown } of identities(site)) {
      const owner = owners.get(text) ?? dataCentre
      owners.set(text, owner)
      if (owner !== dataCentre) {
        yield { path, message: `${shown} is in ${owner} already, and data centres share no host.` }
      }
    }
  },
}

/** What tells hosts from each other. A loopback address inside a tunnel is every host's own. */
function* identities(site: Site): Iterable<{ dataCentre: string; path: Path; text: string; shown: string }> {
  for (const { dataCentre, host, path } of allHosts(site)) {
    const { name, address, tunnelAddress } = host
    const of = (key: string, text: string, shown: string) => ({
      dataCentre: dataCentre.name,
      path: [...path, key],
      text,
      shown,
    })
    yield of('name', `name ${name}`, `The name ${name}`)
    yield of('address', `address ${canonical(address) ?? address}`, `The address ${address}`)
    if (site.transport === 'wireguard' && tunnelAddress !== null) {
      const inTunnel = canonical(tunnelAddress) ?? tunnelAddress
      yield of('tunnelAddress', `tunnel ${inTunnel}`, `The tunnel address ${tunnelAddress}`)
    }
  }
}
