/** One attribute of an RDN, such as `cn=staff`, with its value unescaped. */
interface NamePart {
  /** In lower case, because attribute names ignore case. */
  attribute: string
  value: string
}

type Rdn = readonly NamePart[]

/** True when the entry `dn` is below the entry `base`. Case and blanks do not matter, as in directories. Pure. */
export function isBelow(dn: string, base: string): boolean {
  const [entry, suffix] = [parseDn(dn), parseDn(base)]
  if (entry === null || suffix === null || entry.length <= suffix.length) return false
  const end = entry.slice(-suffix.length)
  return end.every((rdn, index) => canonical(rdn) === canonical(suffix[index] ?? []))
}

/** The value of `attribute` in the first RDN: `staff` for `cn` in `cn=staff,ou=groups,dc=example,dc=org`. Pure. */
export function nameInDn(dn: string, attribute: string): string | null {
  const [first = []] = parseDn(dn) ?? []
  return first.find((part) => part.attribute === attribute.toLowerCase())?.value ?? null
}

/** The RDNs of a DN (RFC 4514), or null when the text is not a DN. */
function parseDn(dn: string): Rdn[] | null {
  const rdns = splitUnescaped(dn, ',').map((rdn) => splitUnescaped(rdn, '+').map(partOf))
  const isWhole = (rdn: (NamePart | null)[]): rdn is NamePart[] => !rdn.includes(null)
  return rdns.every(isWhole) ? rdns : null
}

function partOf(text: string): NamePart | null {
  const [, attribute, escaped] = /^\s*([A-Za-z\d][A-Za-z\d.;-]*)\s*=([\s\S]*)$/.exec(text) ?? []
  if (attribute === undefined || escaped === undefined) return null
  return { attribute: attribute.toLowerCase(), value: unescaped(escaped).trim() }
}

const unescaped = (value: string): string =>
  value.replace(/((?:\\[0-9a-fA-F]{2})+)|\\([\s\S])/g, (_, bytes?: string, character = '') =>
    bytes === undefined ? character : Buffer.from(bytes.replaceAll('\\', ''), 'hex').toString('utf8'),
  )

/** Splits at each separator without a backslash before it. */
function splitUnescaped(text: string, separator: ',' | '+'): string[] {
  const parts = ['']
  for (const [token] of text.matchAll(/\\[\s\S]|[\s\S]/g)) {
    if (token === separator) parts.push('')
    else parts.push((parts.pop() ?? '') + token)
  }
  return parts
}

function canonical(rdn: Rdn): string {
  const fold = (value: string) => value.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ')
  return JSON.stringify(rdn.map(({ attribute, value }) => `${attribute}=${fold(value)}`).sort())
}
