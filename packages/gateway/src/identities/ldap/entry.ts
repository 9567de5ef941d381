import type { Entry } from 'ldapts'

/** The text values of an attribute, or an empty list. Attribute names ignore case (RFC 4512). */
export function valuesOf(entry: Entry, attribute: string): string[] {
  const key = Object.keys(entry).find(
    (name) => name !== 'dn' && name.toLowerCase() === attribute.toLowerCase(),
  )
  if (key === undefined) return []
  return textsOf(entry[key])
}

const textsOf = (values: Entry[string] | undefined): string[] =>
  [values ?? []].flat().filter((value) => typeof value === 'string')

/**
 * Some values of an attribute that a directory returns in ranges, and the index of the next range; null after the last
 * one. Active Directory names such an attribute `memberOf;range=0-1499`, and leaves `memberOf` itself empty. Pure.
 */
export function rangeOf(entry: Entry, attribute: string): { values: string[]; next: number | null } | null {
  for (const key of Object.keys(entry)) {
    const [, name = '', end] = /^([^;]+);range=\d+-(\d+|\*)$/i.exec(key) ?? []
    if (name.toLowerCase() !== attribute.toLowerCase()) continue
    return { values: textsOf(entry[key]), next: end === '*' ? null : Number(end) + 1 }
  }
  return null
}

/**
 * The value of the attribute that identifies a user, or null. If there are several values, it is the typed one:
 * directories ignore case, and each spelling of a name must give the same subject.
 */
export function namingValue(entry: Entry, attribute: string, typed: string): string | null {
  const clean = (text: string) => text.normalize('NFC').trim()
  const values = valuesOf(entry, attribute).map(clean)
  const wanted = clean(typed).toLowerCase()
  return (values.length === 1 ? values[0] : values.find((value) => value.toLowerCase() === wanted)) ?? null
}
