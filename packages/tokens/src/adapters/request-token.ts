/** The headers that may contain a token. */
export interface TokenHeaders {
  authorization?: string | undefined
  cookie?: string | undefined
}

/**
 * Returns the token of a request, or null. A bearer token (RFC 6750) takes precedence over a cookie, because a
 * client sends it on purpose. The query string is ignored: URLs end up in logs and histories.
 */
export function readToken(headers: TokenHeaders, cookieName: string): string | null {
  const bearer = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  return bearer ?? (readCookie(headers.cookie ?? '', cookieName) || null)
}

/**
 * Returns the value of the first cookie with this name, or null. If several match, the cookie with the longest path
 * comes first (RFC 6265, section 5.4). The value is decoded as browser scripts encode it; if decoding fails, it is
 * returned unchanged.
 */
function readCookie(header: string, name: string): string | null {
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals >= 0 && trim(pair.slice(0, equals)) === name) return decode(trim(pair.slice(equals + 1)))
  }
  return null
}

/** Removes only spaces and tabs (RFC 6265, section 5.2). */
function trim(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '')
}

function decode(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
