import type { Session } from '@holdfast/tokens'
import { headerText } from '../http/headers.ts'
import { profileOf } from '../identities/identity.ts'

/** The headers of a yes to a request of a session; null: to one of nobody's. */
export type HeadersOfYes = (session: Session | null) => Readonly<Record<string, string>>

/**
 * Makes the headers of a yes: those of `beside`, and the identity headers, which tell an application who is there. Each of
 * them is there each time, empty when there is nothing to tell: so a proxy that copies them overwrites whatever the client
 * has sent under that name.
 *
 * The store hands out the same session as long as nothing about it changes; so are its headers.
 * INV-GATEWAY-18.
 */
export function createIdentityHeaders(
  prefix: string,
  beside: Readonly<Record<string, string>> = {},
): HeadersOfYes {
  const made = new WeakMap<Session, ReturnType<HeadersOfYes>>()
  const named = (user: string, name: string, email: string, groups: string) => ({
    ...beside,
    [`${prefix}user`.toLowerCase()]: user,
    [`${prefix}name`.toLowerCase()]: name,
    [`${prefix}email`.toLowerCase()]: email,
    [`${prefix}groups`.toLowerCase()]: groups,
  })
  const nobody = named('', '', '', '')
  return (session) => {
    if (session === null) return nobody
    const before = made.get(session)
    if (before !== undefined) return before
    const { name = '', email = '', groups } = profileOf(session.claims)
    const headers = named(
      headerText(session.subject),
      headerText(name),
      headerText(email),
      groups.map(listItem).join(','),
    )
    made.set(session, headers)
    return headers
  }
}

/** A comma within a name must not make two groups of one. */
const listItem = (text: string) => headerText(text).replaceAll(',', '%2C')
