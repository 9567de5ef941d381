import { type SetCookie, stringifySetCookie } from 'cookie'
import { InvalidOptionError } from '../errors.ts'

export interface SessionCookieOptions {
  /**
   * The cookie that contains the token. Default is `__Host-holdfast`. A browser accepts that name only over HTTPS,
   * with Secure and Path=/ and without Domain (RFC 6265bis, section 4.1.3.2), so that no sibling domain can set it.
   * With `domain` the default is `__Secure-holdfast`, and without `secure` it is `holdfast`.
   */
  cookieName?: string | undefined
  /** Whether browsers send the cookie over HTTPS only. Set it to false only where there is no HTTPS. Default is true. */
  secure?: boolean | undefined
  /** A domain whose hosts share the cookie, such as `example.org`. By default only the host that set it gets it. */
  domain?: string | undefined
}

/** The cookie that contains the token: its name, and the values of `Set-Cookie`. */
export interface SessionCookie {
  readonly name: string
  /** With `lifetimeMs` the cookie outlives the browser; without, it ends with the browser's session. */
  set(token: string, lifetimeMs?: number): string
  /** Send it only after the store has acknowledged that the session ended. */
  clear(): string
}

/** RFC 9110, section 5.6.2. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/**
 * Describes the cookie of a session: HttpOnly, SameSite=Lax and, unless it is switched off, Secure. The lifetimes of the
 * session end it on the server in any case. Throws `INVALID_OPTION`.
 */
export function createSessionCookie(options: SessionCookieOptions = {}): SessionCookie {
  const { secure = true, domain } = options
  const byDefault = !secure ? 'holdfast' : domain === undefined ? '__Host-holdfast' : '__Secure-holdfast'
  const name = checkName(options.cookieName ?? byDefault, secure, domain)
  const attributes = {
    name,
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure,
    ...(domain !== undefined && { domain }),
  } as const satisfies Omit<SetCookie, 'value'>
  return {
    name,
    set: (value, lifetimeMs) =>
      stringifySetCookie({
        ...attributes,
        value,
        ...(lifetimeMs !== undefined && { maxAge: Math.floor(lifetimeMs / 1000) }),
      }),
    clear: () => stringifySetCookie({ ...attributes, value: '', expires: new Date(0) }),
  }
}

function checkName(name: unknown, secure: boolean, domain: string | undefined): string {
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw new InvalidOptionError(
      `\`cookieName\` must be a cookie's name (RFC 6265), got ${JSON.stringify(name)}.`,
    )
  }
  if (!secure && /^__(?:Host|Secure)-/i.test(name)) {
    throw new InvalidOptionError(
      `\`cookieName\` is "${name}", which browsers accept only with \`secure: true\`. Without HTTPS use "holdfast".`,
    )
  }
  if (domain !== undefined && /^__Host-/i.test(name)) {
    throw new InvalidOptionError(
      `\`cookieName\` is "${name}", which browsers accept only without \`domain\`. Use "__Secure-holdfast".`,
    )
  }
  return name
}
