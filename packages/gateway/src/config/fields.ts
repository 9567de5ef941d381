import { isIP } from 'node:net'
import { z } from 'zod'

/** A whole number within bounds. The message shows `unit`, such as ` (ms)`. */
export const wholeNumber = (min: number, max: number, unit = '') => {
  const error = `must be a whole number from ${min} to ${max}${unit}`
  return z.int({ error }).min(min, { error }).max(max, { error })
}

export const text = z.string({ error: 'must be text' }).min(1, { error: 'must not be empty' })

/** True for a host name or address of this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/** True for an address that is encrypted or does not leave this machine. */
export function isPrivateUrl(url: URL, encrypted: string): boolean {
  return url.protocol === encrypted || isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1'))
}

/** A domain with at least two labels, such as `example.org`; not an address. */
export const domain = text
  .max(253, { error: 'must have at most 253 characters' })
  .regex(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/, {
    error: 'must be a domain such as "example.org": in small letters, with a dot, and not an address',
  })

/** True when the host of `origin` is this domain or below it. */
export function isWithin(origin: string, domain: string): boolean {
  const { hostname } = new URL(origin)
  return hostname === domain || hostname.endsWith(`.${domain}`)
}

/** The origin of a web site, such as `https://app.example.org`: without a path. */
export const origin = text.refine(
  (value) => {
    const url = URL.parse(value)
    return url !== null && /^https?:$/.test(url.protocol) && url.origin === value
  },
  { error: 'must be an origin such as "https://app.example.org", without a path or a trailing slash' },
)
