import { headerOf, hostOf, type WebRequest } from './headers.ts'

/**
 * Returns whether a browser sent this request from a page of another site. Refuse such a request if it changes something
 * by the cookie, and at a login: a foreign page must neither log a user out nor log the user in under another name.
 *
 * SameSite=Lax is not enough: it allows pages of sibling domains, also where they share the cookie, and a login needs no
 * cookie. `Sec-Fetch-Site` is set by the browser (all browsers since 2023, over HTTPS or on loopback); older ones, and
 * plain HTTP, send `Origin` with each POST. A client that sends neither is not a browser and holds no other user's
 * cookies. Pages of `origins`, such as `https://app.example.org`, count as pages of this site.
 */
export function isCrossSite(request: WebRequest, origins: readonly string[] = []): boolean {
  const origin = headerOf(request.headers, 'origin')
  if (origin !== undefined && origins.includes(origin)) return false
  const site = headerOf(request.headers, 'sec-fetch-site')
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  if (origin === undefined) return false
  return !URL.canParse(origin) || new URL(origin).host !== hostOf(request)
}
