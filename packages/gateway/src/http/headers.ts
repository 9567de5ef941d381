/** The header that names the answering server. */
export const SERVER_HEADER = 'x-holdfast-server'

/**
 * Headers of every answer. Referrer-Policy is `same-origin`, because with `no-referrer` browsers send `Origin: null` with
 * the forms of our own pages, and the cross-site check would refuse them.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/**
 * Headers of every allowing answer to a proxy. The proxy drops all but the identity headers, and no browser sees the
 * answer, so it needs no browser headers. A refusal, which may reach a browser, gets {@link SECURITY_HEADERS}.
 */
export const headersForProxy = (server: string): Readonly<Record<string, string>> => ({
  'cache-control': 'no-store',
  [SERVER_HEADER]: server,
})

/**
 * Encodes text as a header value, so that different texts give different values: everything but visible ASCII, and `%`
 * itself, is percent-encoded as UTF-8. A plain name or an e-mail address does not change.
 */
export function headerText(text: string): string {
  return text.toWellFormed().replace(/[^\x21-\x24\x26-\x7e]/gu, (character) => {
    const bytes = Buffer.from(character, 'utf8')
    return Array.from(bytes, (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
  })
}
