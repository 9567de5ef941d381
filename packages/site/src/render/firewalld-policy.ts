import { isIPv6 } from 'node:net'
import type { DataCentre, Host, Site } from '../file/site.ts'
import { type Block, type Document, line } from './document.ts'
import { xml } from './formats.ts'
import { type AllowedTraffic, allowedTraffic } from './nftables-conf.ts'
import { SOURCE } from './sources.ts'

const { firewalld } = SOURCE

/**
 * Renders a policy that lets the other hosts through firewalld, which runs on Red Hat systems. A packet that one
 * chain of nftables accepts can still be rejected by the next, and firewalld rejects all packets that no zone allows.
 * The policy only adds to the zones of the host. {@link nftablesConf} has already dropped packets of other hosts.
 */
export function firewalldPolicy(site: Site, dataCentre: DataCentre, host: Host): Document {
  return {
    heading: 'Rendered by Holdfast: change holdfast.yaml instead. Loaded by: systemctl reload firewalld',
    format: xml,
    blocks: [
      {
        title: 'policy target="CONTINUE" priority="-100"',
        directives: [
          line('ingress-zone', 'name="ANY"', 'Packets from any interface.', firewalld),
          line('egress-zone', 'name="HOST"', 'Packets to this host.', firewalld),
        ],
        blocks: allowedTraffic(site, dataCentre, host).flatMap(rulesOf),
      },
    ],
  }
}

/** A rule of firewalld has one address and one port. */
const rulesOf = ({ from, protocol, ports, why }: AllowedTraffic): Block[] =>
  from.flatMap((address) =>
    ports.map((port) => ({
      title: `rule family="${isIPv6(address) ? 'ipv6' : 'ipv4'}"`,
      directives: [
        line('source', `address="${address}"`, why, firewalld),
        line('port', `port="${port}" protocol="${protocol}"`, why, firewalld),
        line('accept', '', why, firewalld),
      ],
    })),
  )
