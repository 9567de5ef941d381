import { isIP } from 'node:net'
import { z } from 'zod'

/** A whole number within bounds. `unit` is said in the message: ` (ms)`. */
export const wholeNumber = (least: number, most: number, unit = '') =>
  z
    .int({ error: `must be a whole number from ${least} to ${most}${unit}` })
    .min(least, { error: `must be a whole number from ${least} to ${most}${unit}` })
    .max(most, { error: `must be a whole number from ${least} to ${most}${unit}` })

export const text = z.string({ error: 'must be text' }).min(1, { error: 'must not be empty' })

/** True for a host that is this machine itself. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/** True for an address over which nothing travels in clear between machines. */
export function isPrivateUrl(url: URL, encrypted: string): boolean {
  return url.protocol === encrypted || isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1'))
}

/** The origin of a web site, such as `https://app.example.org`: without a path. */
export const origin = text.refine(
  (value) => {
    const url = URL.parse(value)
    return url !== null && /^https?:$/.test(url.protocol) && url.origin === value
  },
  { error: 'must be an origin such as "https://app.example.org", without a path or a slash at its end' },
)
