import { BlockList, isIP, isIPv6 } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ThrottlePerKey } from '../base/throttles.ts'
import { clientAddress } from './client-address.ts'

/** An untrusted proxy is logged once per period, and degrades the health for one period after its last request (in milliseconds). */
const PERIOD_MS = 600_000
const MAX_KEYS = 100

/** Loopback, private, shared and link-local networks (RFC 6890). */
const INTERNAL = new BlockList()
for (const [network, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
] as const) {
  INTERNAL.addSubnet(network, prefix, 'ipv4')
}
INTERNAL.addAddress('::1', 'ipv6')
INTERNAL.addSubnet('fc00::', 7, 'ipv6')
INTERNAL.addSubnet('fe80::', 10, 'ipv6')

export interface UntrustedProxies {
  /** True when a proxy that `trustedProxies` does not contain forwarded a request recently. */
  seen(): boolean
}

/**
 * Detects proxies that `trustedProxies` does not contain: all clients behind one count as one client and share one login
 * limit. Each proxy is logged at once, then once per period.
 */
export function watchForUntrustedProxies(app: FastifyInstance): UntrustedProxies {
  const throttle = new ThrottlePerKey(PERIOD_MS, MAX_KEYS)
  let seenUntilMs = 0
  app.addHook('onRequest', (request, _reply, done) => {
    const proxy = untrustedProxyOf(request)
    if (proxy !== null) {
      const nowMs = performance.now()
      seenUntilMs = nowMs + PERIOD_MS
      if (throttle.allows(proxy, nowMs)) {
        app.log.warn(
          { event: 'proxy-not-trusted', address: proxy },
          'A proxy that `trustedProxies` does not contain, or that sends no X-Forwarded-For, forwards requests: all clients behind it share one login limit. Add its address to `trustedProxies`',
        )
      }
    }
    done()
  })
  return { seen: () => performance.now() < seenUntilMs }
}

/**
 * The address that counts as the client's, if it is an internal one that forwards requests of others; otherwise null. A public
 * address may be any client, which can forge headers.
 */
function untrustedProxyOf(request: FastifyRequest): string | null {
  const { headers } = request
  const forwardedFor = headers['x-forwarded-for']
  if (
    forwardedFor === undefined &&
    headers['forwarded'] === undefined &&
    headers['x-real-ip'] === undefined
  ) {
    return null
  }
  const address = clientAddress(request)
  if (isIP(address) === 0 || !INTERNAL.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) return null
  // The trusted proxies and the client account for this many addresses of X-Forwarded-For.
  const trusted = Math.max(0, (request.ips?.length ?? 1) - 1)
  if (trusted === 0) return address
  const named = String(forwardedFor ?? '').split(',').length
  return named > trusted ? address : null
}
