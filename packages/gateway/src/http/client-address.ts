import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'

/**
 * The address of the client: of the connection, or what the trusted proxies in front say (`config/trusted-proxies.ts`).
 * What they pass on need be no address; then the one that connects counts. IPv4 is told as such, also where it arrives
 * as `::ffff:192.0.2.1`.
 * INV-GATEWAY-5.
 */
export function clientAddress(request: FastifyRequest): string {
  const said = plain(request.ip ?? '')
  return isIP(said) === 0 ? plain(request.socket.remoteAddress ?? '') : said
}

function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '').toLowerCase()
}
