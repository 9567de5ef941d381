import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'

/**
 * The address of the client: that of the connection, or the one that trusted proxies report (`trustedProxies`). If they
 * report something else than an address, the address of the connection counts. `::ffff:192.0.2.1` becomes the IPv4
 * address.
 * INV-GATEWAY-5.
 */
export function clientAddress(request: FastifyRequest): string {
  const said = plain(request.ip ?? '')
  return isIP(said) === 0 ? plain(request.socket.remoteAddress ?? '') : said
}

function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '').toLowerCase()
}
