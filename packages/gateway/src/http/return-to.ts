/** Longest return address that is taken (in characters): it travels in query strings and in a cookie's session. */
const MAX_LENGTH = 2048

/** Stands for this gateway's own origin, which a relative address keeps. `.invalid` is nobody's (RFC 2606). */
const SELF = 'https://self.invalid'

const START_PAGE = '/'

/**
 * Where a browser may be sent after a login: a path of this gateway, or an absolute address of one of
 * `allowedOrigins` (`https://app.example.org`, as `URL.origin` writes it). Anything else becomes `/`, so that no
 * link to a login of ours can end on a page of somebody else (open redirect, CWE-601).
 *
 * The address is parsed as browsers do it (WHATWG URL), and what is answered is written anew from the parsed one:
 * what was checked is what the browser gets. So `\`, a tab or `/.//` cannot mean another host to the browser.
 * INV-GATEWAY-16.
 */
export function safeReturnTo(asked: unknown, allowedOrigins: readonly string[] = []): string {
  if (typeof asked !== 'string' || asked.length > MAX_LENGTH) return START_PAGE
  const url = URL.parse(asked, SELF)
  if (url === null || url.username !== '' || url.password !== '') return START_PAGE
  if (url.origin !== SELF) return allowedOrigins.includes(url.origin) ? url.href : START_PAGE
  const path = url.pathname + url.search + url.hash
  // A path that begins with two slashes is a host to a browser.
  return path.startsWith('//') ? START_PAGE : path
}
