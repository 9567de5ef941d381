import { formatAddress } from '@holdfast/tokens/redis'
import type { LocalPlan } from '../topology/local-plan.ts'
import {
  CIPHERS,
  HSTS,
  MAX_CONNECTIONS,
  MAX_CONNECTIONS_PER_ADDRESS,
  OWN_ANSWER_HEADERS,
  UNTRUSTED_HEADERS,
  unavailableBody,
} from './browser-facing.ts'
import { type Block, because, type Directive, type Document, line, textOf } from './document.ts'
import { indented, quoted } from './formats.ts'
import { SOURCE } from './sources.ts'
import type { ServedSite, WebServers } from './web-servers.ts'

const { haproxy, holdfast, measured, rfc8446, rfc6797 } = SOURCE

interface HaproxyPlan {
  sites: (WebServers & {
    /** The argument of `bind`: `10.0.0.5:8080`, or a wildcard with a certificate. */
    bind: string
  })[]
  /** The scheme of requests to the balancer. */
  scheme: 'http' | 'https'
  dataCentre: string
}

/** Renders `haproxy.cfg` of the balancer of a local data centre: in front of its gateways, on loopback, without TLS. */
export function renderHaproxyCfg({ dataCentre, addresses: { gateways, balancer } }: LocalPlan): string {
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
      dataCentre: dataCentre.name,
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
 * Balances round robin without stickiness over servers that share their tokens.
 *
 * If a server is killed during a request, HAProxy sends the request to another server. It repeats a POST only if every
 * operation may be repeated, as with gateways. A login waits for a failover to finish, hence `timeout server`.
 */
function haproxyCfg(plan: HaproxyPlan): Document {
  return {
    heading: 'Rendered by Holdfast: change the topology instead.',
    format: indented,
    blocks: [
      {
        title: 'global',
        directives: [
          line(
            'maxconn',
            String(
              MAX_CONNECTIONS * plan.sites.length + (plan.scheme === 'https' ? REDIRECT_CONNECTIONS : 0),
            ),
            'The sum of the frontends. Further connections wait in the queue of the kernel.',
            haproxy,
          ),
          ...(plan.scheme === 'https'
            ? [
                line(
                  'ssl-default-bind-ciphers',
                  CIPHERS,
                  'Suites of TLS 1.2 with forward secrecy only. TLS 1.3 has no other suites.',
                  rfc8446,
                ),
              ]
            : []),
          line('nbthread', '2', 'Two threads are enough for any number of logins.', haproxy),
          line(
            'tune.bufsize',
            '16384',
            'Larger headers (minus 1 KiB) are rejected. A request is repeated only if it fits with its body.',
            haproxy,
          ),
        ],
      },
      { title: 'defaults', directives: DEFAULTS },
      ...plan.sites.flatMap((site) => partsOf(plan, site)),
      ...(plan.scheme === 'https' ? [REDIRECT_TO_HTTPS] : []),
    ],
  }
}

/** The frontend and the backend for servers of one kind. */
function partsOf({ scheme, dataCentre }: HaproxyPlan, site: HaproxyPlan['sites'][number]): Block[] {
  const body = unavailableBody(site.name, dataCentre)
  const answerHeaders = [['Retry-After', '1'] as const, ...OWN_ANSWER_HEADERS]
  return [
    {
      title: `frontend ${site.name}`,
      directives: [
        line('bind', site.bind, 'Browsers connect here.', haproxy),
        line(
          'maxconn',
          String(MAX_CONNECTIONS),
          'One frontend must not take the connections of the others.',
          haproxy,
        ),
        ...(scheme === 'https' ? LIMIT_PER_ADDRESS : []),
        ...(site.name === 'applications' ? WITHOUT_UNTRUSTED_HEADERS : []),
        ...because('Only this balancer may set these headers. Those of the client are dropped.', holdfast, [
          ['http-request del-header', 'X-Forwarded-For'],
          ['http-request del-header', 'X-Forwarded-Host'],
          ['http-request set-header', `X-Forwarded-Proto ${scheme}`],
          ['option forwardfor', ''],
        ]),
        line(
          'http-request deny',
          'deny_status 405 if METH_TRACE',
          'An answer to TRACE would repeat the cookie of the request.',
          holdfast,
        ),
        ...(scheme === 'https' ? [HSTS_LINE] : []),
        ...(site.repeatable
          ? []
          : [
              line(
                'http-request disable-l7-retry',
                'unless METH_GET',
                'Only requests that change nothing may be sent twice to this application.',
                haproxy,
              ),
            ]),
        line('default_backend', site.name, 'All servers are equivalent.', holdfast),
      ],
    },
    {
      title: `backend ${site.name}`,
      directives: [
        line('balance', 'roundrobin', 'No stickiness: every server knows every login.', holdfast),
        line(
          'option httpchk',
          `GET ${site.healthPath}`,
          'The health check: whether the server accepts requests.',
          haproxy,
        ),
        line(
          'http-check expect',
          'status 200',
          'Any other answer takes the server out of rotation.',
          haproxy,
        ),
        line(
          'default-server',
          'inter 500ms fastinter 100ms downinter 250ms fall 2 rise 1 observe layer4 error-limit 1 on-error mark-down',
          'One refused connection takes a server out of rotation at once, and one successful check brings it back.',
          measured,
        ),
        ...site.servers.map(({ name, address }) =>
          line(
            `server ${name}`,
            `${formatAddress(address)} check`,
            'One of the servers, with health checks.',
            haproxy,
          ),
        ),
        line(
          'http-error status 503',
          `content-type application/json string ${quoted(body)} ${answerHeaders
            .map(([name, value]) => `hdr ${name} ${/ /.test(value) ? quoted(value) : value}`)
            .join(' ')}`,
          'Clients must not take an outage for a logout.',
          holdfast,
        ),
      ],
    },
  ]
}

const HSTS_LINE = line(
  'http-after-response set-header',
  HSTS,
  'Browsers then use https only, for one year. It also holds for the other ports of this host.',
  rfc6797,
)

const LIMIT_PER_ADDRESS: Directive[] = because(
  'The idle connections of one client must not shut out all others. Raise the limit for a proxy or NAT with more users.',
  haproxy,
  [
    ['stick-table', 'type ipv6 size 100k expire 1m store conn_cur'],
    ['tcp-request connection', 'track-sc0 src,ipmask(32,64)'],
    ['tcp-request connection', `reject if { sc0_conn_cur gt ${MAX_CONNECTIONS_PER_ADDRESS} }`],
  ],
)

const WITHOUT_UNTRUSTED_HEADERS: Directive[] = [
  ...UNTRUSTED_HEADERS.flatMap(({ why, patterns }) =>
    because(
      why,
      holdfast,
      patterns.map((pattern) => ['http-request del-header', `${pattern} -m reg`]),
    ),
  ),
  line(
    'http-request deny',
    'deny_status 400 if { req.hdr(connection) -m reg -i x[-_.]auth[-_.]request }',
    'A second proxy would remove the headers that `Connection` names. No client needs to name these.',
    holdfast,
  ),
]

const REDIRECT_CONNECTIONS = 200

const REDIRECT_TO_HTTPS: Block = {
  title: 'frontend redirect',
  directives: [
    line('bind', ':::80 v4v6', 'Browsers that get an address without https connect here.', haproxy),
    line('maxconn', String(REDIRECT_CONNECTIONS), 'A redirect needs no server.', haproxy),
    line('http-request redirect', 'scheme https code 301', 'The login cookie needs https.', holdfast),
  ],
}

const DEFAULTS: Directive[] = [
  line('mode', 'http', 'HAProxy reads whole requests, so that it can repeat them.', haproxy),
  line(
    'timeout connect',
    '1s',
    'HAProxy tries another server if this one does not accept a connection in time.',
    haproxy,
  ),
  line('timeout client', '70s', 'Longer than the slowest response.', haproxy),
  line('timeout http-request', '10s', 'A slow client must not occupy a connection.', haproxy),
  line('timeout http-keep-alive', '60s', 'How long idle connections stay open.', haproxy),
  line('timeout queue', '5s', 'The maximum wait for a free server.', haproxy),
  line(
    'timeout check',
    '2s',
    'A busy server is not down. HAProxy notices a dead server by its refused connections.',
    measured,
  ),
  line('timeout server', '60s', 'A login waits until a failover is over.', measured),
  line('timeout tunnel', '1h', 'How long a WebSocket may be silent.', haproxy),
  line('retries', '3', 'Three attempts, on different servers.', haproxy),
  line('option redispatch', '1', 'Each attempt uses another server.', haproxy),
  line(
    'option http-buffer-request',
    '',
    'HAProxy waits for the whole request, so that it can repeat it.',
    haproxy,
  ),
  line(
    'retry-on',
    'conn-failure empty-response',
    'The client does not notice if a server is killed during a request.',
    measured,
  ),
]
