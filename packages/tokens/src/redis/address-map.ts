import { InvalidOptionError } from '../errors.ts'
import { formatAddress, type NodeAddress, parseAddress } from './address.ts'

/** Where this process reaches a server that announces another address. */
export interface ReachableAddress extends NodeAddress {
  /**
   * With TLS: the name that the certificate of this server must contain. Default is `tls.servername`, or else the
   * host name or address of this entry.
   */
  servername?: string
}

/**
 * From each announced address, as `host:port`, to the address that this process connects to. An announced address
 * without an entry is used as it is.
 */
export type AddressMap = Readonly<Record<string, ReachableAddress>>

/** A checked {@link AddressMap}, by the text of {@link formatAddress}. */
export type Routes = ReadonlyMap<string, ReachableAddress>

/** Copies a map, with one text per announced address. Throws `INVALID_OPTION`. */
export function checkAddressMap(
  map: AddressMap,
  checkAddress: (address: NodeAddress, name: string) => NodeAddress,
): Routes {
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw new InvalidOptionError(
      '`addressMap` must be an object from announced addresses to reachable ones, such as `{ "10.0.0.1:6379": { host: "redis-1.example.org", port: 6379 } }`.',
    )
  }
  const routes = new Map<string, ReachableAddress>()
  const announced = new Map<string, string>()
  for (const [text, entry] of Object.entries(map)) {
    const from = parseAddress(text)
    if (from === null) {
      throw new InvalidOptionError(
        `\`addressMap\` must have announced addresses with their ports as keys, such as "10.0.0.1:6379" or "[fd00::1]:6379", got "${text}".`,
      )
    }
    const name = `addressMap["${text}"]`
    const reachable = { ...checkAddress(entry, name), ...checkServername(entry.servername, name) }
    const [key, to] = [formatAddress(from), formatAddress(reachable)]
    const other = announced.get(to)
    // One server under two addresses would count twice.
    if (routes.has(key) || other !== undefined) {
      throw new InvalidOptionError(
        `\`addressMap\` must have one announced address per server, but "${other ?? key}" and "${text}" are the same server.`,
      )
    }
    routes.set(key, reachable)
    announced.set(to, text)
  }
  return routes
}

/**
 * Returns the announced address of a server that is given by its announced or its reachable address, so that each
 * server has one address in this process.
 * INV-TOKENS-57.
 */
export function announcedAddress(routes: Routes, address: NodeAddress): NodeAddress {
  const text = formatAddress(address)
  if (routes.has(text)) return address
  for (const [announced, reachable] of routes) {
    if (formatAddress(reachable) === text) return parseAddress(announced) ?? address
  }
  return address
}

function checkServername(servername: unknown, name: string): { servername?: string } {
  if (servername === undefined) return {}
  if (typeof servername === 'string' && servername !== '') return { servername }
  throw new InvalidOptionError(`\`${name}.servername\` must be a name, got none.`)
}
