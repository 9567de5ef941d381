import { isIP } from 'node:net'
import { formatAddress } from '@holdfast/tokens/redis'
import type { DataCentre, Host, Site } from '../file/site.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { PORT } from '../topology/topology.ts'
import { tunnelKeys, tunnelSharedKey } from './derived-secrets.ts'
import { type Block, type Directive, type Document, line, secretLine } from './document.ts'
import { ini } from './formats.ts'
import { runsAny, tokenAddress, tokenHosts } from './placement.ts'
import { SOURCE } from './sources.ts'

const { wireguard } = SOURCE

/** The tunnel of one host, for `wg-quick up`. */
export function wireguardConf(site: Site, dataCentre: DataCentre, host: Host, secrets: Secrets): Document {
  const address = line(
    'Address',
    singleAddress(tokenAddress(site, host)),
    'Redis and Sentinel listen on this address only.',
    wireguard,
  )
  return document(site, dataCentre, host, secrets, [address])
}

/** The same for `wg setconf`, on an interface that another program creates and configures. */
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
          secretLine(
            'PrivateKey',
            keys.private,
            'The private key of this host. No other host has it.',
            wireguard,
          ),
          line('ListenPort', String(PORT.tunnel), 'The usual port of WireGuard.', wireguard),
          ...more,
        ],
      },
      ...tokenHosts(dataCentre)
        .filter((peer) => peer !== host && needTunnel(host, peer))
        .map((peer) => peerBlock(site, dataCentre, host, peer, secrets)),
    ],
  }
}

/** Whether two hosts exchange packets: applications connect to data hosts, but not to each other. */
const needTunnel = (one: Host, other: Host): boolean =>
  [one, other].some((host) => runsAny(host, ['redis', 'sentinel']))

const peerBlock = (site: Site, dataCentre: DataCentre, host: Host, peer: Host, secrets: Secrets): Block => ({
  title: 'Peer',
  directives: [
    line(
      'PublicKey',
      tunnelKeys(secrets, dataCentre.name, peer.name).public,
      `Only ${peer.name} has the private key for this public key.`,
      wireguard,
    ),
    secretLine(
      'PresharedKey',
      tunnelSharedKey(secrets, dataCentre.name, host.name, peer.name),
      'Recorded traffic stays confidential even if the public keys are broken later.',
      wireguard,
    ),
    line(
      'AllowedIPs',
      singleAddress(tokenAddress(site, peer)),
      `Packets from ${peer.name} must have its own address.`,
      wireguard,
    ),
    line(
      'Endpoint',
      formatAddress({ host: peer.address, port: PORT.tunnel }),
      `The real address of ${peer.name}.`,
      wireguard,
    ),
  ],
})

const singleAddress = (address: string) => `${address}/${isIP(address) === 6 ? 128 : 32}`
