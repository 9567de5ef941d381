import { formatAddress } from '@holdfast/tokens/redis'
import { PORT } from '../topology/topology.ts'
import { type Block, because, line } from './directive.ts'
import type { Document } from './document.ts'
import { braces } from './formats.ts'
import { SOURCE } from './sources.ts'
import type { ServedSite } from './web-servers.ts'

const { nginx, holdfast, measured, rfc8446 } = SOURCE

/**
 * `nginx.conf` of a balancer host, for those who have nginx instead of HAProxy: HTTPS for browsers, HTTP to the servers
 * of its data centre, no stickiness. nginx finds out that a server is away by a request that fails there; that request
 * goes to the next one, but a POST that was sent already does not.
 */
export function nginxConf(sites: readonly ServedSite[], certificate: string): Document {
  return {
    heading: 'Rendered by Holdfast: change holdfast.yaml instead.',
    format: braces(';'),
    blocks: [
      {
        title: '',
        directives: [line('worker_processes', 'auto', 'One a core.', nginx)],
      },
      {
        title: 'events',
        directives: [line('worker_connections', '2048', 'As many as HAProxy is given.', nginx)],
      },
      {
        title: 'http',
        directives: [
          line('server_tokens', 'off', 'Nobody needs to know which version it is.', nginx),
          line('access_log', 'off', 'Requests are logged by the servers.', nginx),
        ],
        blocks: sites.flatMap((site) => partsOf(site, certificate)),
      },
    ],
  }
}

/** The servers of one kind, and what takes requests for them. */
function partsOf({ name, servers, port }: ServedSite, certificate: string): Block[] {
  // Browsers name the port, but for the usual one, and an origin is compared with all of it.
  const host = port === PORT.https ? '$host' : '$host:$server_port'
  return [
    {
      title: `upstream ${name}`,
      directives: [
        ...servers.map(({ address }) =>
          line(
            `server ${formatAddress(address)}`,
            'max_fails=1 fail_timeout=2s',
            'Any server knows every login; one that fails is left alone for two seconds.',
            nginx,
          ),
        ),
        line('keepalive', '64', 'Connections to the servers are kept.', nginx),
      ],
    },
    {
      title: 'server',
      directives: [
        line('listen', `[::]:${port} ssl ipv6only=off`, 'Where browsers come in.', nginx),
        ...because('What the balancer shows to browsers: the certificate, then its key.', nginx, [
          ['ssl_certificate', certificate],
          ['ssl_certificate_key', certificate],
        ]),
        line('ssl_protocols', 'TLSv1.2 TLSv1.3', 'Nothing older than TLS 1.2.', rfc8446),
      ],
      blocks: [
        {
          title: 'location /',
          directives: [
            line('proxy_pass', `http://${name}`, 'All servers are alike.', holdfast),
            ...because('So that connections to the servers are kept.', nginx, [
              ['proxy_http_version', '1.1'],
              ['proxy_set_header', 'Connection ""'],
            ]),
            ...because('Only this balancer says where a request came from.', holdfast, [
              ['proxy_set_header', `Host ${host}`],
              ['proxy_set_header', `X-Forwarded-Host ${host}`],
              ['proxy_set_header', 'X-Forwarded-For $remote_addr'],
              ['proxy_set_header', 'X-Forwarded-Proto $scheme'],
            ]),
            line('proxy_connect_timeout', '1s', 'A server that takes no connection is passed over.', nginx),
            line('proxy_read_timeout', '60s', 'A login waits for as long as a failover takes.', measured),
            line(
              'proxy_next_upstream',
              'error timeout http_502 http_503',
              'What failed at one server is tried at the next, if it may be repeated.',
              nginx,
            ),
            line('proxy_next_upstream_tries', '3', 'At three servers.', nginx),
            line('proxy_next_upstream_timeout', '10s', 'And not for ever.', nginx),
          ],
        },
      ],
    },
  ]
}
