import { formatAddress } from '@holdfast/tokens/redis'
import type { Topology } from '../topology/topology.ts'

/**
 * `haproxy.cfg` of the balancer: round robin without stickiness over the gateways.
 *
 * A gateway that is killed in the middle of a request costs the client nothing: the request is sent again to
 * another one, also a POST, because every operation of a gateway may be repeated. A login waits for as long as a
 * failover takes, hence `timeout server`.
 */
export function renderHaproxyCfg({ name, gateways, balancer }: Topology): string {
  const servers = gateways
    .map((address, index) => `  server gateway-${index + 1} ${formatAddress(address)} check`)
    .join('\n')
  return `# Rendered by Holdfast at every start: change the topology instead.
global
  maxconn 2000
  nbthread 2
  # Headers beyond this (less 1 KiB) are refused with 400; a request with its body must fit to be sent again.
  tune.bufsize 16384

defaults
  mode http
  timeout connect 1s
  timeout client 70s
  timeout http-request 10s
  timeout http-keep-alive 60s
  timeout queue 5s
  # A busy gateway is not a dead one: one that has died is noticed by its refused connections.
  timeout check 2s
  timeout server 60s
  retries 3
  option redispatch 1
  option http-buffer-request
  retry-on conn-failure empty-response
  http-error status 503 content-type application/json string "{\\"error\\":\\"unavailable\\",\\"message\\":\\"No gateway of ${name} is ready. Try again.\\"}" hdr Retry-After 1

frontend balancer
  bind ${formatAddress(balancer)}
  # What a client claims about itself is dropped: only this balancer says where a request came from.
  http-request del-header X-Forwarded-For
  http-request set-header X-Forwarded-Proto http
  option forwardfor
  default_backend gateways

backend gateways
  balance roundrobin
  option httpchk GET /readyz
  http-check expect status 200
  default-server inter 500ms fastinter 100ms downinter 250ms fall 2 rise 1 observe layer4 error-limit 1 on-error mark-down
${servers}
`
}
