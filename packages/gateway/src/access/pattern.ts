import { pathSegments } from './path.ts'

/** The paths that a rule covers. */
export interface PathPattern {
  /** In order; null stands for any one segment. */
  segments: readonly (string | null)[]
  /** True when the pattern also covers everything below. */
  open: boolean
}

/** How a path compares with a pattern. `differs-in-case`: they would match if letter case were ignored. */
type Match = 'matches' | 'differs-in-case' | 'differs'

/**
 * Parses `/admin` (only that path), `/admin/**` (it and everything below) or `/users/*` + `/avatar` (any one segment).
 * Null when the text is not such a pattern.
 */
export function parsePattern(text: string): PathPattern | null {
  const open = text.endsWith('/**')
  const segments = pathSegments(text === '/**' ? '/' : open ? text.slice(0, -3) : text)
  if (segments === null || segments.some((segment) => segment.includes('*') && segment !== '*')) return null
  return { segments: segments.map((segment) => (segment === '*' ? null : segment)), open }
}

/** Compares a pattern with the segments of a path. */
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

/** Whether the pattern covers anything at or below these segments (null: any one), with letter case ignored. */
export function mayOverlap({ segments, open }: PathPattern, below: PathPattern['segments']): boolean {
  if (!open && segments.length < below.length) return false
  return below.every((segment, place) => {
    const wanted = segments[place] ?? null
    return wanted === null || segment === null || fold(wanted) === fold(segment)
  })
}

/** The segment as a file system sees it that ignores case and Unicode forms. */
const fold = (segment: string) => segment.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC')
