import type { IncomingHttpHeaders } from 'node:http'

/**
 * True when a browser sent this request for a page of another site. Login and log-out refuse it: a foreign
 * page must neither log a person out nor log them in under somebody else's name.
 *
 * SameSite=Lax alone does not do: it lets pages of sibling domains through, and a login needs no cookie.
 * `Sec-Fetch-Site` is the browser's own word (all browsers since 2023, over HTTPS or on loopback); `Origin`
 * goes with each POST of older ones and over plain HTTP. A client that sends neither is no browser, and holds
 * no one else's cookies.
 */
export function isCrossSite(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  const { origin, host } = headers
  if (origin === undefined) return false
  return !URL.canParse(origin) || new URL(origin).host !== host?.toLowerCase()
}
