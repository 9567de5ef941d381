/** Visible ASCII without `#` and `\`: a request line may contain these two, but only attacks do. */
const TARGET = /^\/[\x21\x22\x24-\x5b\x5d-\x7e]*$/

/** Characters that must not appear after decoding once: another encoding, a separator, or a control character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern is meant to find control characters.
const HAZARD = /%[0-9a-f]{2}|[/\\;?#\x00-\x1f\x7f-\x9f]/i

/**
 * The decoded segments of the path of a request target (`/a/b%20c?d` is `a`, `b c`). Null when the path is not plain: when
 * the application could read it as another path than the access rules do. A trailing slash is ignored.
 *
 * Not plain are: dot segments and empty segments (`..`, `%2e`, `//`), parameters (`;`), encoded separators (`%2f`, `%5c`,
 * `%3f`), double encoding (`%252e`), NUL and other control characters, invalid UTF-8, and a segment that ends with a dot
 * or a space, which some file systems drop. Compatibility forms (full-width `．`, `／`) count as the characters they stand for.
 * INV-GATEWAY-19.
 */
export function pathSegments(target: string): string[] | null {
  const path = target.split('?', 1)[0] ?? target
  if (!TARGET.test(path)) return null
  const raw = path.slice(1).split('/')
  if (raw.at(-1) === '') raw.pop()
  const segments = raw.map(decodeSegment)
  return segments.every((segment) => segment !== null) ? segments : null
}

/**
 * True when every known program reads the path of `target` as one of these segments and something below it, although the
 * rest may be ambiguous: `a%2Fb`, `//`, `;`, `%3F`, a dot at the end of a segment, or an encoding of these. False when any
 * decoding of the rest has a dot segment, a control character or invalid UTF-8, and when there is no rest.
 * INV-GATEWAY-41.
 */
export function staysBelow(segments: readonly string[], target: string): boolean {
  const path = target.split('?', 1)[0] ?? target
  if (!TARGET.test(path) || MALFORMED.test(path)) return false
  const raw = path.slice(1).split('/')
  if (raw.length <= segments.length) return false
  return (
    segments.every((segment, place) => decodeSegment(raw[place] ?? '') === segment) &&
    hasNoDotSegment(raw.slice(segments.length).join('/'))
  )
}

/** A `%` that encodes nothing, for which decoders differ. */
const MALFORMED = /%(?![0-9a-f]{2})/i
const MAX_DECODINGS = 4
const DOT_SEGMENT = /(?:^|[/\\;?#])[. ]+(?=$|[/\\;?#])/
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern is meant to find control characters.
const CONTROL = /[\x00-\x1f\x7f-\x9f]|%u/i

/** Looks at the text as programs read it that decode it never, once and more often. */
function hasNoDotSegment(text: string): boolean {
  let decoded = text
  for (let decodings = 0; decodings <= MAX_DECODINGS; decodings += 1) {
    const shown = decoded.normalize('NFKC')
    if (CONTROL.test(shown) || DOT_SEGMENT.test(shown)) return false
    const next = decodeOnce(decoded)
    if (next === null) return false
    if (next === decoded) return true
    decoded = next
  }
  return false
}

/** Null for invalid UTF-8. A `%` that encodes nothing stays: it may be the result of an earlier decoding. */
function decodeOnce(text: string): string | null {
  try {
    return text.replace(/(?:%[0-9a-f]{2})+/gi, decodeURIComponent)
  } catch {
    return null
  }
}

function decodeSegment(raw: string): string | null {
  let segment: string
  try {
    segment = decodeURIComponent(raw)
  } catch {
    // Invalid UTF-8, or a `%` that encodes nothing: another decoder may read another path.
    return null
  }
  const shown = segment.normalize('NFKC')
  return segment === '' || HAZARD.test(shown) || /[. ]$/.test(shown) ? null : segment
}
