/** The headers of a request that may bring a token. */
export interface TokenHeaders {
  authorization?: string | undefined
  cookie?: string | undefined
}

/**
 * The token that a request brought, or null. A bearer token (RFC 6750) takes precedence over a cookie, because a
 * client sends it on purpose. The query string is ignored: URLs end up in logs and histories.
 */
export function readToken(headers: TokenHeaders, cookieName: string): string | null {
  const bearer = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  return bearer ?? (readCookie(headers.cookie ?? '', cookieName) || null)
}

/**
 * The value of the first cookie of a name (RFC 6265, section 5.4: the one of the longest path comes first), or
 * null. It is decoded as browsers' scripts encode it; what does not decode is taken as it is.
 */
function readCookie(header: string, name: string): string | null {
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals >= 0 && trim(pair.slice(0, equals)) === name) return decode(trim(pair.slice(equals + 1)))
  }
  return null
}

/** Spaces and tabs only, as in RFC 6265, section 5.2. */
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
