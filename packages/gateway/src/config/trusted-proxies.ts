import { isIP } from 'node:net'
import { z } from 'zod'

/** An address, or a range in CIDR notation: `10.1.2.3`, `10.1.0.0/16`, `fd00::/8`. */
const range = z.string({ error: 'must be text' }).refine(isRange, {
  error: 'must be an address or a range such as "10.1.2.3", "10.1.0.0/16" or "fd00::/8"',
})

/**
 * The balancers and proxies in front, whose `X-Forwarded-For`, `-Proto` and `-Host` are believed. The client's address is
 * the right-most one that none of these ranges holds: whatever stands left of it the client may have written itself.
 * Default is none: the address that connects is the client's.
 */
export const trustedProxiesSchema = z
  .array(range, { error: 'must be a list of addresses and ranges' })
  .max(100, { error: 'must name at most 100 ranges' })

function isRange(text: string): boolean {
  const [address = '', length, ...more] = text.split('/')
  const family = isIP(address)
  if (family === 0 || more.length > 0) return false
  if (length === undefined) return true
  // A range of length 0 is everybody: then every client could name an address of its own.
  return /^[1-9]\d{0,2}$/.test(length) && Number(length) <= (family === 4 ? 32 : 128)
}
