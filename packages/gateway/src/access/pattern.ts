import { pathSegments } from './path.ts'

/** Which paths a rule is about. */
export interface PathPattern {
  /** In order; null stands for any one segment. */
  segments: readonly (string | null)[]
  /** True: also everything below. */
  open: boolean
}

/** How a path compares with a pattern. `differs-in-case`: it would match if the case of letters did not count. */
type Match = 'matches' | 'differs-in-case' | 'differs'

/**
 * Reads `/admin` (that path alone), `/admin/**` (it and everything below) or `/users/*` + `/avatar` (any one segment).
 * Null when the text is no such pattern.
 */
export function parsePattern(text: string): PathPattern | null {
  const open = text.endsWith('/**')
  const segments = pathSegments(text === '/**' ? '/' : open ? text.slice(0, -3) : text)
  if (segments === null || segments.some((segment) => segment.includes('*') && segment !== '*')) return null
  return { segments: segments.map((segment) => (segment === '*' ? null : segment)), open }
}

/** Compares the segments of a path. */
export function matchPattern({ segments, open }: PathPattern, path: readonly string[]): Match {
  if (open ? path.length < segments.length : path.length !== segments.length) return 'differs'
  let match: Match = 'matches'
  for (const [place, wanted] of segments.entries()) {
    const found = path[place] ?? ''
    if (wanted === null || wanted === found) continue
    if (fold(wanted) !== fold(found)) return 'differs'
    match = 'differs-in-case'
  }
  return match
}

/** As a file system that does not tell case or forms of letters apart would see it. */
const fold = (segment: string) => segment.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC')
