import { formatAddress } from '@holdfast/tokens/redis'
import type { Topology } from '../topology/topology.ts'
import { type Block, because, type Directive, line } from './directive.ts'
import { type Document, textOf } from './document.ts'
import { indented } from './formats.ts'
import { quoted } from './quoted.ts'
import { SOURCE } from './sources.ts'
import type { ServedSite, WebServers } from './web-servers.ts'

const { haproxy, holdfast, measured } = SOURCE

interface HaproxyPlan {
  sites: (WebServers & {
    /** What HAProxy binds: `10.0.0.5:8080`, or a wildcard with a certificate. */
    bind: string
  })[]
  /** How requests came to the balancer. */
  scheme: 'http' | 'https'
  dataCentre: string
}

/** `haproxy.cfg` of the balancer of a local data centre: in front of its gateways, on loopback, without TLS. */
export function renderHaproxyCfg({ name, gateways, balancer }: Topology): string {
  return textOf(
    haproxyCfg({
      sites: [
        {
          name: 'gateways',
          servers: gateways.map((address, index) => ({ name: `gateway-${index + 1}`, address })),
          healthPath: '/readyz',
          repeatable: true,
          bind: formatAddress(balancer),
        },
      ],
      scheme: 'http',
      dataCentre: name,
    }),
  )
}

/** `haproxy.cfg` of a balancer host: HTTPS for browsers, HTTP to the servers of its data centre. */
export const hostHaproxyCfg = (
  sites: readonly ServedSite[],
  dataCentre: string,
  certificate: string,
): Document =>
  haproxyCfg({
    sites: sites.map((site) => ({
      ...site,
      bind: `:::${site.port} v4v6 ssl crt ${certificate} alpn h2,http/1.1 ssl-min-ver TLSv1.2`,
    })),
    scheme: 'https',
    dataCentre,
  })

/**
 * Round robin without stickiness over servers that share their tokens.
 *
 * A server that is killed in the middle of a request costs the client nothing: the request is sent again to another
 * one; a POST only when every operation may be repeated, as the gateways' may. A login waits for as long as a
 * failover takes, hence `timeout server`.
 */
function haproxyCfg(plan: HaproxyPlan): Document {
  return {
    heading: 'Rendered by Holdfast: change the topology instead.',
    format: indented,
    blocks: [
      {
        title: 'global',
        directives: [
          line('maxconn', '2000', 'More wait in the queue of the system.', haproxy),
          line('nbthread', '2', 'Enough for any number of logins.', haproxy),
          line(
            'tune.bufsize',
            '16384',
            'Headers beyond this (less 1 KiB) are refused; a request with its body must fit to be sent again.',
            haproxy,
          ),
        ],
      },
      { title: 'defaults', directives: DEFAULTS },
      ...plan.sites.flatMap((site) => partsOf(plan, site)),
    ],
  }
}

/** What takes requests for servers of one kind, and those servers. */
function partsOf({ scheme, dataCentre }: HaproxyPlan, site: HaproxyPlan['sites'][number]): Block[] {
  const body = JSON.stringify({
    error: 'unavailable',
    message: `No ${site.name === 'gateways' ? 'gateway' : 'server'} of ${dataCentre} is ready. Try again.`,
  })
  return [
    {
      title: `frontend ${site.name}`,
      directives: [
        line('bind', site.bind, 'Where browsers come in.', haproxy),
        ...because('What a client claims about itself is dropped: only this balancer says it.', holdfast, [
          ['http-request del-header', 'X-Forwarded-For'],
          ['http-request del-header', 'X-Forwarded-Host'],
          ['http-request set-header', `X-Forwarded-Proto ${scheme}`],
          ['option forwardfor', ''],
        ]),
        ...(site.repeatable
          ? []
          : [
              line(
                'http-request disable-l7-retry',
                'unless METH_GET',
                'Only what changes nothing may be sent twice to this application.',
                haproxy,
              ),
            ]),
        line('default_backend', site.name, 'All servers are alike.', holdfast),
      ],
    },
    {
      title: `backend ${site.name}`,
      directives: [
        line('balance', 'roundrobin', 'No stickiness: any server knows every login.', holdfast),
        line(
          'option httpchk',
          `GET ${site.healthPath}`,
          'Asks the server whether it can take requests.',
          haproxy,
        ),
        line('http-check expect', 'status 200', 'Any other answer takes it out.', haproxy),
        line(
          'default-server',
          'inter 500ms fastinter 100ms downinter 250ms fall 2 rise 1 observe layer4 error-limit 1 on-error mark-down',
          'One refused connection takes a server out at once, and one good check brings it back.',
          measured,
        ),
        ...site.servers.map(({ name, address }) =>
          line(`server ${name}`, `${formatAddress(address)} check`, 'One of them.', haproxy),
        ),
        line(
          'http-error status 503',
          `content-type application/json string ${quoted(body)} hdr Retry-After 1`,
          'Unavailable is not logged out.',
          holdfast,
        ),
      ],
    },
  ]
}

const DEFAULTS: Directive[] = [
  line('mode', 'http', 'It reads requests, to send them again.', haproxy),
  line('timeout connect', '1s', 'A server that does not take a connection is passed over.', haproxy),
  line('timeout client', '70s', 'Longer than the longest answer.', haproxy),
  line('timeout http-request', '10s', 'A client that sends slowly does not hold a place.', haproxy),
  line('timeout http-keep-alive', '60s', 'Idle connections are kept this long.', haproxy),
  line('timeout queue', '5s', 'No longer wait for a place at a server.', haproxy),
  line(
    'timeout check',
    '2s',
    'A busy server is not a dead one: one that has died is noticed by its refused connections.',
    measured,
  ),
  line('timeout server', '60s', 'A login waits for as long as a failover takes.', measured),
  line('retries', '3', 'At three servers.', haproxy),
  line('option redispatch', '1', 'Each time at another one.', haproxy),
  line('option http-buffer-request', '', 'The whole request is there, to be sent again.', haproxy),
  line(
    'retry-on',
    'conn-failure empty-response',
    'A server that is killed in the middle of a request costs the client nothing.',
    measured,
  ),
]
