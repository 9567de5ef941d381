import { isIPv6 } from 'node:net'
import type { DataCentre, Host, Site } from '../site/site.ts'
import { type Block, line } from './directive.ts'
import type { Document } from './document.ts'
import { xml } from './formats.ts'
import { type Door, doorsOf } from './nftables-conf.ts'
import { SOURCE } from './sources.ts'

const { firewalld } = SOURCE

/**
 * What lets the other hosts through where firewalld runs, as on Red Hat's systems: what one chain of nftables accepts the
 * next one may still reject, and firewalld's rejects everything that it does not know. The policy adds to the host's
 * zones, and takes nothing from them; who else may come is kept out by {@link nftablesConf} before.
 */
export function firewalldPolicy(site: Site, dataCentre: DataCentre, host: Host): Document {
  return {
    heading: 'Rendered by Holdfast: change holdfast.yaml instead. Loaded by: systemctl reload firewalld',
    format: xml,
    blocks: [
      {
        title: 'policy target="CONTINUE" priority="-100"',
        directives: [
          line('ingress-zone', 'name="ANY"', 'From whatever interface it comes.', firewalld),
          line('egress-zone', 'name="HOST"', 'To this host itself.', firewalld),
        ],
        blocks: doorsOf(site, dataCentre, host).flatMap(rulesOf),
      },
    ],
  }
}

/** firewalld takes one address and one port a rule. */
const rulesOf = ({ from, protocol, ports, why }: Door): Block[] =>
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
