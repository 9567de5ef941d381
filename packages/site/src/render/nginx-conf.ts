import { formatAddress } from '@holdfast/tokens/redis'
import { PORT } from '../topology/topology.ts'
import {
  CIPHERS,
  HSTS,
  MAX_CONNECTIONS_PER_ADDRESS,
  OWN_ANSWER_HEADERS,
  UNTRUSTED_HEADERS,
  unavailableBody,
} from './browser-facing.ts'
import { type Block, because, type Directive, type Document, line } from './document.ts'
import { braces } from './formats.ts'
import { SOURCE } from './sources.ts'
import type { ServedSite } from './web-servers.ts'

const { nginx, holdfast, measured, rfc8446, rfc6797 } = SOURCE

/**
 * Renders `nginx.conf` of a balancer host that uses nginx instead of HAProxy: HTTPS for browsers, HTTP to the servers
 * of its data centre, no stickiness. nginx notices that a server is down only when a request fails there. It sends
 * that request to the next server, except for a POST that was already sent.
 */
export function nginxConf(sites: readonly ServedSite[], dataCentre: string, certificate: string): Document {
  return {
    heading: 'Rendered by Holdfast: change holdfast.yaml instead.',
    format: braces(';'),
    blocks: [
      {
        title: '',
        directives: [line('worker_processes', 'auto', 'One worker per core.', nginx)],
      },
      {
        title: 'events',
        directives: [line('worker_connections', '2048', 'The same as in haproxy.cfg.', nginx)],
      },
      {
        title: 'http',
        directives: [
          line('server_tokens', 'off', 'Clients do not need the version of nginx.', nginx),
          line('access_log', 'off', 'The servers log requests.', nginx),
          line(
            'underscores_in_headers',
            'off',
            'Drops names with "_", which many applications read as "-". This is the default.',
            nginx,
          ),
          ...because(
            'One client must not shut out all others. Raise the limit for a proxy or NAT with more users.',
            nginx,
            [
              ['limit_conn_zone', '$binary_remote_addr zone=per_address:10m'],
              ['limit_conn', `per_address ${MAX_CONNECTIONS_PER_ADDRESS}`],
              ['limit_conn_status', '429'],
            ],
          ),
        ],
        blocks: [...sites.flatMap((site) => partsOf(site, dataCentre, certificate)), REDIRECT_TO_HTTPS],
      },
    ],
  }
}

/** The upstream and the server block for servers of one kind. */
function partsOf(site: ServedSite, dataCentre: string, certificate: string): Block[] {
  const { name, servers, port } = site
  return [
    {
      title: `upstream ${name}`,
      directives: [
        ...servers.map(({ address }) =>
          line(
            `server ${formatAddress(address)}`,
            'max_fails=1 fail_timeout=2s',
            'Every server knows every login. After a failure, nginx skips a server for two seconds.',
            nginx,
          ),
        ),
        line('keepalive', '64', 'Idle connections to the servers that stay open.', nginx),
      ],
    },
    {
      title: 'server',
      directives: [
        line('listen', `[::]:${port} ssl ipv6only=off`, 'Browsers connect here.', nginx),
        ...because('The certificate for browsers, and its key, in one file.', nginx, [
          ['ssl_certificate', certificate],
          ['ssl_certificate_key', certificate],
        ]),
        line('ssl_protocols', 'TLSv1.2 TLSv1.3', 'Nothing older than TLS 1.2.', rfc8446),
        line(
          'ssl_ciphers',
          CIPHERS,
          'Suites of TLS 1.2 with forward secrecy only. TLS 1.3 has no other suites.',
          rfc8446,
        ),
        line(
          'add_header',
          `${HSTS} always`,
          'Browsers then use https only, for one year. It also holds for the other ports of this host.',
          rfc6797,
        ),
        line('client_max_body_size', '20m', 'The largest upload. The default of nginx is 1 MB.', nginx),
        line(
          'error_page',
          '502 504 = @unavailable',
          'Clients must not take an outage for a logout.',
          holdfast,
        ),
      ],
      blocks: [
        ...(name === 'applications' ? [webPages(site), webSockets(site)] : [webPages(site)]),
        {
          title: 'location @unavailable',
          directives: [
            line('default_type', 'application/json', 'The answer while no server is ready.', nginx),
            ...because('nginx does not inherit headers into a location that has some.', nginx, [
              ['add_header', `${HSTS} always`],
              ['add_header', 'Retry-After 1 always'],
              ...OWN_ANSWER_HEADERS.map(([header, value]): [string, string] => [
                'add_header',
                `${header} "${value}" always`,
              ]),
            ]),
            line('return', `503 '${unavailableBody(name, dataCentre)}'`, 'The answer itself.', nginx),
          ],
        },
      ],
    },
  ]
}

/** Requests and answers. nginx sends WebSockets to their own location, because they may be silent for longer. */
function webPages(site: ServedSite): Block {
  const isForApplications = site.name === 'applications'
  return {
    title: 'location /',
    directives: [
      ...(isForApplications
        ? [line('error_page', '418 = @websocket', 'The location for WebSockets.', nginx)]
        : []),
      ...forwarded(site),
      line('proxy_set_header', 'Connection ""', 'Required to keep connections to the servers open.', nginx),
      line('proxy_read_timeout', '60s', 'A login waits until a failover is over.', measured),
      line(
        'proxy_next_upstream',
        'error timeout http_502 http_503',
        'A request that failed is sent to the next server, if it may be repeated.',
        nginx,
      ),
      line('proxy_next_upstream_tries', '3', 'Three attempts, on different servers.', nginx),
      line('proxy_next_upstream_timeout', '10s', 'The time limit for all attempts.', nginx),
    ],
    ...(isForApplications && {
      blocks: [
        {
          title: 'if ($http_upgrade ~* ^websocket$)',
          directives: [line('return', '418', 'Continue in the location for WebSockets.', nginx)],
        },
      ],
    }),
  }
}

const webSockets = (site: ServedSite): Block => ({
  title: 'location @websocket',
  directives: [
    ...forwarded(site),
    ...because('Passes the WebSocket on.', nginx, [
      ['proxy_set_header', 'Upgrade $http_upgrade'],
      ['proxy_set_header', 'Connection upgrade'],
    ]),
    line('proxy_read_timeout', '1h', 'How long a WebSocket may be silent.', nginx),
  ],
})

/** Where a request goes, and the headers that only this balancer may set. */
function forwarded({ name, port }: ServedSite): Directive[] {
  // Browsers send the port unless it is 443, and servers compare the whole origin.
  const host = port === PORT.https ? '$host' : '$host:$server_port'
  return [
    line('proxy_pass', `http://${name}`, 'All servers are equivalent.', holdfast),
    line('proxy_http_version', '1.1', 'Required to keep connections to the servers open.', nginx),
    ...because('Only this balancer may set these headers. Those of the client are overwritten.', holdfast, [
      ['proxy_set_header', `Host ${host}`],
      ['proxy_set_header', `X-Forwarded-Host ${host}`],
      ['proxy_set_header', 'X-Forwarded-For $remote_addr'],
      ['proxy_set_header', 'X-Forwarded-Proto $scheme'],
    ]),
    ...because('The answer to a login contains the requested address, of up to 8 KB.', nginx, [
      ['proxy_buffer_size', '16k'],
      ['proxy_buffers', '4 16k'],
    ]),
    ...(name === 'applications'
      ? UNTRUSTED_HEADERS.flatMap(({ why, names }) =>
          because(
            why,
            holdfast,
            names.map((header) => ['proxy_set_header', `${header} ""`]),
          ),
        )
      : []),
    line(
      'proxy_connect_timeout',
      '1s',
      'nginx tries another server if this one does not accept a connection in time.',
      nginx,
    ),
  ]
}

const REDIRECT_TO_HTTPS: Block = {
  title: 'server',
  directives: [
    line('listen', '[::]:80 ipv6only=off', 'Browsers that get an address without https connect here.', nginx),
    line('return', '301 https://$host$request_uri', 'The login cookie needs https.', holdfast),
  ],
}
