import { resolve, sep } from 'node:path'
import type { Path } from '../file/finding.ts'
import { canonical } from '../file/network.ts'
import { type DataCentre, hostsThatRun, type SecretsPlace, type Site } from '../file/site.ts'
import { allHosts, dataCentrePath } from './hosts.ts'
import type { Rule } from './rule.ts'
import { sharedTokenRedis } from './sources.ts'

/** Rules that keep data centres independent of each other, and able to rotate their secrets. */
export const dataCentreRules: readonly Rule[] = [
  {
    id: 'host-in-two-data-centres',
    severity: 'error',
    summary: 'A host belongs to two data centres, by its name or its address.',
    why: 'Data centres do not share tokens. A host in both carries tokens from one to the other, and Sentinels that meet there mix the two groups up.',
    fix: 'Give each data centre its own hosts.',
    source: sharedTokenRedis('disaster recovery or a second data center'),
    *check(site) {
      const owners = new Map<string, string>()
      for (const { dataCentre, path, id, label } of hostIdentities(site)) {
        const owner = owners.get(id) ?? dataCentre
        owners.set(id, owner)
        if (owner !== dataCentre) {
          yield { path, message: `${label} already belongs to ${owner}; data centres must not share hosts.` }
        }
      }
    },
  },
  {
    id: 'shared-secrets-place',
    severity: 'error',
    summary: 'Two data centres keep their secrets in the same place.',
    why: 'With shared passwords, an attacker who breaks into one data centre is in the other too, and a node that connects to the wrong group is accepted there.',
    fix: 'Give each data centre its own folder or prefix. No folder may be inside another.',
    source: sharedTokenRedis('disaster recovery or a second data center'),
    *check({ dataCentres }) {
      for (const [index, dataCentre] of dataCentres.entries()) {
        const other = dataCentres.slice(0, index).find(sharesSecretsWith(dataCentre))
        if (other === undefined) continue
        yield {
          path: [...dataCentrePath(dataCentre), 'secrets', dataCentre.secrets.kind],
          message: `${dataCentre.name} keeps its secrets in the same place as ${other.name}.`,
        }
      }
    },
  },
  {
    id: 'operator-secrets-in-file',
    severity: 'warning',
    summary: 'An operator host cannot rotate the secrets of its data centre, because no file keeps them.',
    why: 'A rotation replaces the file of secrets. No command can replace environment variables or systemd credentials, so no timer is rendered and the passwords are never rotated.',
    fix: 'Name a folder on that host with `secrets: { file: FOLDER }`, or rotate the secrets where they are kept.',
    source: sharedTokenRedis('security: authentication'),
    *check({ dataCentres }) {
      for (const dataCentre of dataCentres) {
        const [operator] = hostsThatRun(dataCentre, 'operator')
        if (operator === undefined || dataCentre.secrets.kind === 'file') continue
        yield {
          path: [...dataCentrePath(dataCentre), 'secrets'],
          message: `${operator.name} cannot rotate the passwords of ${dataCentre.name}: no file keeps them.`,
        }
      }
    },
  },
]

/** The texts that identify a host. A loopback address inside a tunnel does not: every host has its own. */
function* hostIdentities(
  site: Site,
): Iterable<{ dataCentre: string; path: Path; id: string; label: string }> {
  for (const { dataCentre, host, path } of allHosts(site)) {
    const { name, address, tunnelAddress } = host
    const identity = (key: string, id: string, label: string) => ({
      dataCentre: dataCentre.name,
      path: [...path, key],
      id,
      label,
    })
    yield identity('name', `name ${name}`, `The name ${name}`)
    yield identity('address', `address ${canonical(address) ?? address}`, `The address ${address}`)
    if (site.transport === 'wireguard' && tunnelAddress !== null) {
      const inTunnel = canonical(tunnelAddress) ?? tunnelAddress
      yield identity('tunnelAddress', `tunnel ${inTunnel}`, `The tunnel address ${tunnelAddress}`)
    }
  }
}

const sharesSecretsWith =
  ({ secrets: one }: DataCentre) =>
  ({ secrets: other }: DataCentre): boolean => {
    if (one.kind === 'environment') return other.kind === 'environment' && one.prefix === other.prefix
    return isFolder(one) && isFolder(other) && (isInside(one, other) || isInside(other, one))
  }

type Folder = Extract<SecretsPlace, { kind: 'file' }>

const isFolder = (place: SecretsPlace): place is Folder => place.kind === 'file'

const isInside = (one: Folder, other: Folder): boolean =>
  `${resolve('/', one.path)}${sep}`.startsWith(`${resolve('/', other.path)}${sep}`)
