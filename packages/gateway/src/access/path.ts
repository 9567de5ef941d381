/** Visible ASCII without `#` and `\`: what a request line may hold, less what only attacks put there. */
const TARGET = /^\/[\x21\x22\x24-\x5b\x5d-\x7e]*$/

/** What decoding once must not bring to light: another encoding, a separator, or a control character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const HAZARD = /%[0-9a-f]{2}|[/\\;?#\x00-\x1f\x7f-\x9f]/i

/**
 * The segments of the path of a request target (`/a/b%20c?d` is `a`, `b c`), or null when the path is not plain: when
 * the application behind could take it for another path than the one that rules are asked about. A slash at the end
 * does not count.
 *
 * Not plain are: dot segments and empty ones (`..`, `%2e`, `//`), parameters (`;`), encoded separators (`%2f`, `%5c`,
 * `%3f`), double encoding (`%252e`), NUL and other control characters, what is not UTF-8, and a segment that ends with
 * a dot or a blank, which some file systems drop. Compatibility forms (full-width `．`, `／`) count as what they stand for.
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
    // Not UTF-8, or a `%` that encodes nothing: whoever decodes it otherwise sees another path.
    return null
  }
  const shown = segment.normalize('NFKC')
  return segment === '' || HAZARD.test(shown) || /[. ]$/.test(shown) ? null : segment
}
