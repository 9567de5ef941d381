import { isIP } from 'node:net'
import { formatAddress } from '@holdfast/tokens/redis'
import type { Secrets } from '../secrets/secrets.ts'
import type { DataCentre, Host, Site } from '../site/site.ts'
import { PORT } from '../topology/topology.ts'
import { tunnelKeys, tunnelSharedKey } from './derived-secrets.ts'
import { type Block, type Directive, line, secretLine } from './directive.ts'
import type { Document } from './document.ts'
import { ini } from './formats.ts'
import { runsAny, tokenAddress, tokenHosts } from './placement.ts'
import { SOURCE } from './sources.ts'

const { wireguard } = SOURCE

/** The tunnel of one host, as `wg-quick up` reads it. */
export function wireguardConf(site: Site, dataCentre: DataCentre, host: Host, secrets: Secrets): Document {
  const address = line(
    'Address',
    singleAddress(tokenAddress(site, host)),
    'Redis and Sentinel listen on this address, and nowhere else.',
    wireguard,
  )
  return document(site, dataCentre, host, secrets, [address])
}

/** The same for `wg setconf` on an interface that something else makes and gives its address. */
export const wireguardSetconf = (
  site: Site,
  dataCentre: DataCentre,
  host: Host,
  secrets: Secrets,
): Document => document(site, dataCentre, host, secrets, [])

function document(
  site: Site,
  dataCentre: DataCentre,
  host: Host,
  secrets: Secrets,
  more: Directive[],
): Document {
  const keys = tunnelKeys(secrets, dataCentre.name, host.name)
  return {
    heading: 'Rendered by Holdfast: change holdfast.yaml instead.',
    format: ini,
    blocks: [
      {
        title: 'Interface',
        directives: [
          secretLine('PrivateKey', keys.private, "This host's, and on no other host.", wireguard),
          line('ListenPort', String(PORT.tunnel), "WireGuard's usual port.", wireguard),
          ...more,
        ],
      },
      ...tokenHosts(dataCentre)
        .filter((peer) => peer !== host && haveBusiness(host, peer))
        .map((peer) => peerBlock(site, dataCentre, host, peer, secrets)),
    ],
  }
}

/** Applications need the hosts with data, not each other. */
const haveBusiness = (one: Host, other: Host): boolean =>
  [one, other].some((host) => runsAny(host, ['redis', 'sentinel']))

const peerBlock = (site: Site, dataCentre: DataCentre, host: Host, peer: Host, secrets: Secrets): Block => ({
  title: 'Peer',
  directives: [
    line(
      'PublicKey',
      tunnelKeys(secrets, dataCentre.name, peer.name).public,
      `${peer.name} proves itself by it.`,
      wireguard,
    ),
    secretLine(
      'PresharedKey',
      tunnelSharedKey(secrets, dataCentre.name, host.name, peer.name),
      'What is recorded today stays closed should the public keys be broken.',
      wireguard,
    ),
    line(
      'AllowedIPs',
      singleAddress(tokenAddress(site, peer)),
      `What comes from ${peer.name} bears its own address, and no other.`,
      wireguard,
    ),
    line(
      'Endpoint',
      formatAddress({ host: peer.address, port: PORT.tunnel }),
      `Where ${peer.name} is found.`,
      wireguard,
    ),
  ],
})

const singleAddress = (address: string) => `${address}/${isIP(address) === 6 ? 128 : 32}`
