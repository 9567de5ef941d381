import { BlockList, isIP, isIPv6 } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { createOnceAWhile } from '../limits/once-a-while.ts'
import { clientAddress } from './client-address.ts'

/** An untrusted proxy is reported once per period, and the health says so for as long after its last request (in milliseconds). */
const PERIOD_MS = 600_000
const MAX_REMEMBERED = 100

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
  /** Whether a proxy that `trustedProxies` does not name passed on a request lately. */
  seen(): boolean
}

/**
 * Notices proxies that `trustedProxies` does not name: everyone behind one counts as one client, and shares one login
 * limit. Each is logged at once, then once per period.
 */
export function watchForUntrustedProxies(app: FastifyInstance): UntrustedProxies {
  const isNews = createOnceAWhile(PERIOD_MS, MAX_REMEMBERED)
  let seenUntilMs = 0
  app.addHook('onRequest', (request, _reply, done) => {
    const proxy = untrustedProxyOf(request)
    if (proxy !== null) {
      const nowMs = performance.now()
      seenUntilMs = nowMs + PERIOD_MS
      if (isNews(proxy, nowMs)) {
        app.log.warn(
          { event: 'proxy-not-trusted', address: proxy },
          'A proxy passes on requests that `trustedProxies` does not name, or that sends no X-Forwarded-For: everyone behind it shares one login limit. Add its address to `trustedProxies`',
        )
      }
    }
    done()
  })
  return { seen: () => performance.now() < seenUntilMs }
}

/**
 * The address that counts as the client's, when it is an internal one that says on whose behalf it asks; else null. A
 * public address may be any client, which writes what it likes.
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
  // Of the addresses of X-Forwarded-For the trusted proxies and the client have been told already.
  const trusted = Math.max(0, (request.ips?.length ?? 1) - 1)
  if (trusted === 0) return address
  const named = String(forwardedFor ?? '').split(',').length
  return named > trusted ? address : null
}
