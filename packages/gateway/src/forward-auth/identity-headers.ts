import type { Session } from '@holdfast/tokens'
import { headerText } from '../http/headers.ts'
import { profileOf } from '../users/identity.ts'

/** The headers of an allowing answer for a session, or for a request without one (null). */
export type AllowHeaders = (session: Session | null) => Readonly<Record<string, string>>

/**
 * Makes the headers of an allowing answer: `extra`, and the identity headers, which tell the application who the user is.
 * Every identity header is always present, and empty when there is no value, so that a proxy which copies them overwrites
 * the headers of the same name that the client sent.
 *
 * The store returns the same session object until the session changes, so the headers are cached per object.
 * INV-GATEWAY-18.
 */
export function createIdentityHeaders(
  prefix: string,
  extra: Readonly<Record<string, string>> = {},
): AllowHeaders {
  const cache = new WeakMap<Session, ReturnType<AllowHeaders>>()
  const named = (user: string, name: string, email: string, groups: string) => ({
    ...extra,
    [`${prefix}user`.toLowerCase()]: user,
    [`${prefix}name`.toLowerCase()]: name,
    [`${prefix}email`.toLowerCase()]: email,
    [`${prefix}groups`.toLowerCase()]: groups,
  })
  const anonymous = named('', '', '', '')
  return (session) => {
    if (session === null) return anonymous
    const cached = cache.get(session)
    if (cached !== undefined) return cached
    const { name = '', email = '', groups } = profileOf(session.claims)
    const headers = named(
      headerText(session.subject),
      headerText(name),
      headerText(email),
      groups.map(listItem).join(','),
    )
    cache.set(session, headers)
    return headers
  }
}

/** Encodes commas, so that a comma in a name does not split one group into two. */
const listItem = (text: string) => headerText(text).replaceAll(',', '%2C')
