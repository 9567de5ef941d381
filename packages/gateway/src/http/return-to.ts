/**
 * Max length of a return address, also encoded in the query of the login page (in characters). nginx accepts request lines
 * of 8 KiB by default.
 */
export const MAX_RETURN_TO_LENGTH = 8000

/** Stands for this gateway's own origin, for relative addresses. `.invalid` is reserved (RFC 2606). */
const SELF = 'https://self.invalid'

const START_PAGE = '/'

/**
 * A safe address for a browser after a login: a path of this gateway, or an absolute address of one of `allowedOrigins`
 * (`https://app.example.org`, as `URL.origin` writes it). Anything else becomes `/`, so that no link to our login page can
 * lead to a foreign page (open redirect, CWE-601).
 *
 * The address is parsed as browsers do it (WHATWG URL), and the result is written from the parsed form: the browser gets
 * exactly what was checked. So `\`, a tab or `/.//` cannot mean another host to the browser.
 * INV-GATEWAY-16.
 */
export function safeReturnTo(asked: unknown, allowedOrigins: readonly string[] = []): string {
  if (typeof asked !== 'string' || asked.length > MAX_RETURN_TO_LENGTH) return START_PAGE
  const url = URL.parse(asked, SELF)
  if (url === null || url.username !== '' || url.password !== '') return START_PAGE
  // The origin of `blob:https://app…` is that of the address inside it, but browsers do not follow a redirect to a blob.
  if (url.protocol === 'blob:') return START_PAGE
  if (url.origin !== SELF) return allowedOrigins.includes(url.origin) ? url.href : START_PAGE
  const path = url.pathname + url.search + url.hash
  // Browsers read a path that begins with two slashes as a host.
  return path.startsWith('//') ? START_PAGE : path
}
