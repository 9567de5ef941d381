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

/** The origin of a web site, such as `https://app.example.org`: without a path. */
export const origin = text.refine(
  (value) => {
    const url = URL.parse(value)
    return url !== null && /^https?:$/.test(url.protocol) && url.origin === value
  },
  { error: 'must be an origin such as "https://app.example.org", without a path or a trailing slash' },
)
