import type { IncomingHttpHeaders } from 'node:http'

/**
 * True when a browser sent this request for a page of another site. Whatever changes something by the cookie refuses it,
 * and so does the login: a foreign page must neither log a person out nor log them in under somebody else's name.
 *
 * SameSite=Lax alone does not do: it lets pages of sibling domains through, and a login needs no cookie.
 * `Sec-Fetch-Site` is the browser's own word (all browsers since 2023, over HTTPS or on loopback); `Origin`
 * goes with each POST of older ones and over plain HTTP. A client that sends neither is no browser, and holds
 * no one else's cookies. `host` is what the browser asked, by a trusted proxy's word when there is one in front.
 * INV-GATEWAY-4.
 */
export function isCrossSite(headers: IncomingHttpHeaders, host = headers.host): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  const { origin } = headers
  if (origin === undefined) return false
  return !URL.canParse(origin) || new URL(origin).host !== host?.toLowerCase()
}
