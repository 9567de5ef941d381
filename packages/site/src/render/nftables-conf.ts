import { isIP } from 'node:net'
import { proxySettings } from '../file/proxy-settings.ts'
import { type DataCentre, type Host, hostsThatRun, type Site } from '../file/site.ts'
import { PORT } from '../topology/topology.ts'
import { type Block, type Directive, type Document, line } from './document.ts'
import { braces } from './formats.ts'
import { TUNNEL_INTERFACE } from './host-paths.ts'
import { dataHosts, runsAny, tokenAddress, tokenHosts } from './placement.ts'
import { SOURCE } from './sources.ts'

const { nft, document, holdfast } = SOURCE
const TABLE = 'inet holdfast'

/**
 * Renders the firewall of one host, for `nft -f`. It has its own table. Loading replaces the rules in one step, keeps
 * the counters, and does not change other rules of the host. It filters only the ports of the token store, the
 * gateway and the tunnel.
 */
export function nftablesConf(site: Site, dataCentre: DataCentre, host: Host): Document {
  const allowed = allowedTraffic(site, dataCentre, host)
  return {
    heading: `Rendered by Holdfast: change holdfast.yaml instead. Counters: nft list counters table ${TABLE}`,
    format: braces(''),
    blocks: [
      {
        title: `table ${TABLE}`,
        directives: [],
        blocks: [
          ...allowed.flatMap(({ name }) => [counter(`${name}_accepted`), counter(`${name}_dropped`)]),
          {
            title: 'chain input',
            directives: [
              line(
                'type filter hook input',
                'priority filter - 5; policy accept;',
                'Runs before the other rules of the host, which still filter all other packets.',
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
            'Loading the file again replaces the rules in one transaction and keeps the counters.',
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
              line(
                'ct state established,related',
                'accept',
                'Accepts packets of connections that were already accepted.',
                nft,
              ),
              line('iif "lo"', 'accept', 'The host may connect to itself.', nft),
              ...allowed.flatMap(rulesOf),
            ],
          },
        ],
      },
    ],
  }
}

/** Whether the host has a port that the firewall must filter. */
export const needsFirewall = (site: Site, dataCentre: DataCentre, host: Host): boolean =>
  tokenHosts(dataCentre).includes(host) && allowedTraffic(site, dataCentre, host).length > 0

/** Ports of a host, and the addresses that may connect to them. */
export interface AllowedTraffic {
  name: string
  protocol: 'tcp' | 'udp'
  ports: number[]
  /** A further condition, as nftables spells it. */
  through: string
  from: string[]
  why: string
  source: string
}

/** The ports of a host that the firewall filters. */
export function allowedTraffic(site: Site, dataCentre: DataCentre, host: Host): AllowedTraffic[] {
  const tunnelled = site.transport === 'wireguard'
  const others = tokenHosts(dataCentre).filter((other) => other !== host)
  const allowed: AllowedTraffic[] = []
  if (runsAny(host, ['redis', 'sentinel'])) {
    allowed.push({
      name: 'tokens',
      protocol: 'tcp',
      ports: [PORT.redis, PORT.sentinel],
      through: tunnelled ? `iifname "${TUNNEL_INTERFACE}" ` : '',
      from: others.map((other) => (tunnelled ? tokenAddress(site, other) : other.address)),
      why: 'Only the applications, gateways, proxies, operators and Redis hosts of this data centre may connect to Redis and Sentinel.',
      source: document,
    })
  }
  const balancers = hostsThatRun(dataCentre, 'balancer')
  // If the site names no balancer, the other rules of the host must accept it.
  if (host.runs.includes('gateway') && balancers.length > 0) {
    allowed.push({
      name: 'gateway',
      protocol: 'tcp',
      ports: [PORT.http],
      through: '',
      from: [...balancers, ...hostsThatRun(dataCentre, 'operator')].map(({ address }) => address),
      why: 'Only a balancer may forward requests. An operator asks which secrets are in use.',
      source: holdfast,
    })
  }
  const { metrics, tls } = host.runs.includes('proxy') ? proxySettings(site) : {}
  if (metrics !== undefined) {
    allowed.push({
      name: 'proxy_metrics',
      protocol: 'tcp',
      ports: [metrics.port],
      through: '',
      from: metrics.from,
      why: 'Only the monitors may read the metrics of the proxy, which need no login.',
      source: holdfast,
    })
  }
  if (tls !== undefined) {
    allowed.push({
      name: 'proxy_clients',
      protocol: 'tcp',
      ports: [tls.port],
      through: '',
      from: tls.from,
      why: 'Only the planned clients of the proxy may connect from other hosts.',
      source: holdfast,
    })
  }
  if (tunnelled) {
    const ends = host.runs.some((service) => service === 'redis' || service === 'sentinel')
      ? others
      : dataHosts(dataCentre)
    allowed.push({
      name: 'tunnel',
      protocol: 'udp',
      ports: [PORT.tunnel],
      through: '',
      from: ends.filter((end) => end !== host).map(({ address }) => address),
      why: 'Only the other hosts of the tunnel may connect.',
      source: SOURCE.wireguard,
    })
  }
  return allowed
}

function rulesOf(traffic: AllowedTraffic): Directive[] {
  const { name, through, from, why, source } = traffic
  const match = matchOf(traffic)
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
    line(
      match,
      `counter name ${name}_dropped drop`,
      'Packets of all other hosts are dropped and counted.',
      document,
    ),
  ]
}

/** The expression that matches the packets to these ports. */
const matchOf = ({ protocol, ports }: AllowedTraffic): string =>
  `${protocol} dport ${ports.length === 1 ? ports[0] : `{ ${ports.join(', ')} }`}`

const counter = (name: string): Block => ({ title: `counter ${name}`, directives: [] })
