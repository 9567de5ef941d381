import { isIP } from 'node:net'
import { type DataCentre, type Host, hostsThatRun, type Site } from '../site/site.ts'
import { PORT } from '../topology/topology.ts'
import { type Block, type Directive, line } from './directive.ts'
import type { Document } from './document.ts'
import { braces } from './formats.ts'
import { TUNNEL_INTERFACE } from './host-paths.ts'
import { dataHosts, runsAny, tokenAddress, tokenHosts } from './placement.ts'
import { SOURCE } from './sources.ts'

const { nft, document, holdfast } = SOURCE
const TABLE = 'inet holdfast'

/**
 * The firewall of one host, for `nft -f`: in a table of its own, which it replaces in one step and whose counters it
 * keeps, so that it can be loaded at any time without touching the host's other rules. It decides about the ports
 * of the token store, the gateway and the tunnel only.
 */
export function nftablesConf(site: Site, dataCentre: DataCentre, host: Host): Document {
  const doors = doorsOf(site, dataCentre, host)
  return {
    heading: `Rendered by Holdfast: change holdfast.yaml instead. Counters: nft list counters table ${TABLE}`,
    format: braces(''),
    blocks: [
      {
        title: `table ${TABLE}`,
        directives: [],
        blocks: [
          ...doors.flatMap(({ name }) => [counter(`${name}_accepted`), counter(`${name}_dropped`)]),
          {
            title: 'chain input',
            directives: [
              line(
                'type filter hook input',
                'priority filter - 5; policy accept;',
                "Before the host's own rules, which still decide about everything that is not decided here.",
                nft,
              ),
            ],
          },
        ],
      },
      {
        title: '',
        directives: [
          line(
            'flush chain',
            `${TABLE} input`,
            'Loaded a second time it replaces its rules, in one transaction, and its counters go on.',
            nft,
          ),
        ],
      },
      {
        title: `table ${TABLE}`,
        directives: [],
        blocks: [
          {
            title: 'chain input',
            directives: [
              line('ct state established,related', 'accept', 'What was let in once goes on.', nft),
              line('iif "lo"', 'accept', 'The host may talk to itself.', nft),
              ...doors.flatMap(rulesOf),
            ],
          },
        ],
      },
    ],
  }
}

/** Whether there is anything to guard on this host. */
export const needsFirewall = (site: Site, dataCentre: DataCentre, host: Host): boolean =>
  tokenHosts(dataCentre).includes(host) && doorsOf(site, dataCentre, host).length > 0

/** A way into the host: who may use it. */
export interface Door {
  name: string
  protocol: 'tcp' | 'udp'
  ports: number[]
  /** What else must be true of them. */
  through: string
  from: string[]
  why: string
  source: string
}

/** The ways into a host that this firewall decides about. */
export function doorsOf(site: Site, dataCentre: DataCentre, host: Host): Door[] {
  const tunnelled = site.transport === 'wireguard'
  const others = tokenHosts(dataCentre).filter((other) => other !== host)
  const doors: Door[] = []
  if (runsAny(host, ['redis', 'sentinel'])) {
    doors.push({
      name: 'tokens',
      protocol: 'tcp',
      ports: [PORT.redis, PORT.sentinel],
      through: tunnelled ? `iifname "${TUNNEL_INTERFACE}" ` : '',
      from: others.map((other) => (tunnelled ? tokenAddress(site, other) : other.address)),
      why: "Only this data centre's applications, gateways and Redis hosts reach Redis and Sentinel.",
      source: document,
    })
  }
  const balancers = hostsThatRun(dataCentre, 'balancer')
  // A balancer that the site does not name must be let in by the host's own rules.
  if (host.runs.includes('gateway') && balancers.length > 0) {
    doors.push({
      name: 'gateway',
      protocol: 'tcp',
      ports: [PORT.http],
      through: '',
      from: [...balancers, ...hostsThatRun(dataCentre, 'operator')].map(({ address }) => address),
      why: 'Only a balancer says where a request came from; an operator asks which secrets are in use.',
      source: holdfast,
    })
  }
  if (tunnelled) {
    const ends = host.runs.some((service) => service === 'redis' || service === 'sentinel')
      ? others
      : dataHosts(dataCentre)
    doors.push({
      name: 'tunnel',
      protocol: 'udp',
      ports: [PORT.tunnel],
      through: '',
      from: ends.filter((end) => end !== host).map(({ address }) => address),
      why: 'Only the other ends of the tunnel.',
      source: SOURCE.wireguard,
    })
  }
  return doors
}

function rulesOf(door: Door): Directive[] {
  const { name, through, from, why, source } = door
  const match = matchOf(door)
  const accept = (family: string, addresses: string[]): Directive[] =>
    addresses.length === 0
      ? []
      : [
          line(
            `${through}${family} saddr { ${addresses.join(', ')} } ${match}`,
            `counter name ${name}_accepted accept`,
            why,
            source,
          ),
        ]
  return [
    ...accept(
      'ip',
      from.filter((address) => isIP(address) === 4),
    ),
    ...accept(
      'ip6',
      from.filter((address) => isIP(address) === 6),
    ),
    line(match, `counter name ${name}_dropped drop`, 'Everybody else is dropped, and counted.', document),
  ]
}

/** What matches the packets of a door. */
const matchOf = ({ protocol, ports }: Door): string =>
  `${protocol} dport ${ports.length === 1 ? ports[0] : `{ ${ports.join(', ')} }`}`

const counter = (name: string): Block => ({ title: `counter ${name}`, directives: [] })
