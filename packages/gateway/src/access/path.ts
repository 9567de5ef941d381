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
