import { formatAddress } from '@holdfast/tokens/redis'
import { PORT } from '../topology/topology.ts'
import { type Block, because, type Document, line } from './document.ts'
import { braces } from './formats.ts'
import { SOURCE } from './sources.ts'
import type { ServedSite } from './web-servers.ts'

const { nginx, holdfast, measured, rfc8446 } = SOURCE

/**
 * Renders `nginx.conf` of a balancer host that uses nginx instead of HAProxy: HTTPS for browsers, HTTP to the servers
 * of its data centre, no stickiness. nginx notices that a server is down only when a request fails there. It sends
 * that request to the next server, except for a POST that was already sent.
 */
export function nginxConf(sites: readonly ServedSite[], certificate: string): Document {
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
        ],
        blocks: sites.flatMap((site) => partsOf(site, certificate)),
      },
    ],
  }
}

/** The upstream and the server block for servers of one kind. */
function partsOf({ name, servers, port }: ServedSite, certificate: string): Block[] {
  // Browsers send the port unless it is 443, and servers compare the whole origin.
  const host = port === PORT.https ? '$host' : '$host:$server_port'
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
      ],
      blocks: [
        {
          title: 'location /',
          directives: [
            line('proxy_pass', `http://${name}`, 'All servers are equivalent.', holdfast),
            ...because('Required to keep connections to the servers open.', nginx, [
              ['proxy_http_version', '1.1'],
              ['proxy_set_header', 'Connection ""'],
            ]),
            ...because(
              'Only this balancer may set these headers. Those of the client are overwritten.',
              holdfast,
              [
                ['proxy_set_header', `Host ${host}`],
                ['proxy_set_header', `X-Forwarded-Host ${host}`],
                ['proxy_set_header', 'X-Forwarded-For $remote_addr'],
                ['proxy_set_header', 'X-Forwarded-Proto $scheme'],
              ],
            ),
            line(
              'proxy_connect_timeout',
              '1s',
              'nginx tries another server if this one does not accept a connection in time.',
              nginx,
            ),
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
        },
      ],
    },
  ]
}
