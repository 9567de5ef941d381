import type { Entry } from 'ldapts'

/** The text values of an attribute, or an empty list. Attribute names ignore case (RFC 4512). */
export function valuesOf(entry: Entry, attribute: string): string[] {
  const key = Object.keys(entry).find(
    (name) => name !== 'dn' && name.toLowerCase() === attribute.toLowerCase(),
  )
  if (key === undefined) return []
  return [entry[key] ?? []].flat().filter((value) => typeof value === 'string')
}

/**
 * The value of the attribute that identifies a user, or null. If there are several values, it is the typed one:
 * directories ignore case, and each spelling of a name must give the same subject.
 */
export function namingValue(entry: Entry, attribute: string, typed: string): string | null {
  const values = valuesOf(entry, attribute)
  if (values.length === 1) return values[0]?.normalize('NFC') ?? null
  const fold = (text: string) => text.normalize('NFC').toLowerCase()
  return values.find((value) => fold(value) === fold(typed))?.normalize('NFC') ?? null
}

/** The value of the first RDN of a DN: `staff` of `cn=staff,ou=groups,dc=example,dc=org` (RFC 4514). */
export function firstPartOf(dn: string): string | null {
  const escaped = /^[^=,+\\]+=((?:\\[\s\S]|[^,+\\])*)/.exec(dn)?.[1]
  if (escaped === undefined) return null
  return escaped
    .replace(/((?:\\[0-9a-fA-F]{2})+)|\\([\s\S])/g, (_, bytes?: string, character = '') =>
      bytes === undefined ? character : Buffer.from(bytes.replaceAll('\\', ''), 'hex').toString('utf8'),
    )
    .trim()
}
