import { pathSegments, staysBelow } from './path.ts'
import { matchPattern, mayOverlap, type PathPattern } from './pattern.ts'

/** The condition under which a request is allowed. */
export type Requirement =
  /** Nothing, not even a login. */
  | { kind: 'public' }
  | { kind: 'login' }
  /** A login of a user who is in one of these groups. */
  | { kind: 'group'; anyOf: readonly string[] }
  /** Always refused. */
  | { kind: 'refused' }

/** One rule: the requests that it covers, and what they must fulfil. */
export interface AccessRule {
  path: PathPattern
  /** Null: every method. */
  methods: ReadonlySet<string> | null
  requirement: Requirement
  /**
   * The rule also covers ambiguous paths that surely stay below its own, such as `/repositories/a%2Fb`. Its path has no
   * wildcard but the last, and {@link hidingRule} finds no earlier rule.
   */
  ambiguousPaths: boolean
}

/** The rules in their order, and the requirement for requests that no rule covers. */
export interface AccessPolicy {
  rules: readonly AccessRule[]
  otherwise: Requirement
}

/** A request as the client sent it to the proxy. */
export interface AskedRequest {
  method: string
  /** Path and query from the request line, not decoded. */
  target: string
}

export const LOGIN: Requirement = { kind: 'login' }
export const REFUSED: Requirement = { kind: 'refused' }

/** RFC 9110, section 9.1: methods are case-sensitive, and the registered ones are in capitals. */
const METHOD = /^[A-Z]{1,32}$/

/**
 * The condition for a request: the first rule that covers it decides. An ambiguous request is refused, even where a public
 * rule or `otherwise` would allow it: a path that is not plain ({@link pathSegments}), a path that differs from a rule's
 * only in case, an unusual method, or an unknown request (null). A rule with `ambiguousPaths` covers paths that are not plain,
 * as far as they stay below its own.
 */
export function requirementOf(policy: AccessPolicy, asked: AskedRequest | null): Requirement {
  if (asked === null || !METHOD.test(asked.method)) return REFUSED
  const path = pathSegments(asked.target)
  if (path === null) return requirementOfAmbiguous(policy, asked)
  for (const { path: pattern, methods, requirement } of policy.rules) {
    if (methods !== null && !methods.has(asked.method)) continue
    const match = matchPattern(pattern, path)
    if (match === 'matches') return requirement
    if (match === 'differs-in-case') return REFUSED
  }
  return policy.otherwise
}

/** No earlier rule covers anything below the path of such a rule, so only its own path must be compared. */
function requirementOfAmbiguous({ rules }: AccessPolicy, { method, target }: AskedRequest): Requirement {
  for (const { path, methods, requirement, ambiguousPaths } of rules) {
    if (!ambiguousPaths || (methods !== null && !methods.has(method))) continue
    if (
      staysBelow(
        path.segments.filter((segment) => segment !== null),
        target,
      )
    )
      return requirement
  }
  return REFUSED
}

/**
 * The number of the first earlier rule that could cover a path below this rule's own; -1 without one. An ambiguous path could
 * be read as one of that rule's, so the two exclude each other.
 * INV-GATEWAY-41.
 */
export const hidingRule = (rules: readonly AccessRule[], { path }: AccessRule): number =>
  rules.findIndex((earlier) => mayOverlap(earlier.path, path.segments))

/** True when a logged-in user with these groups fulfils the requirement. */
export function mayPass(requirement: Requirement, groups: readonly string[]): boolean {
  switch (requirement.kind) {
    case 'public':
    case 'login':
      return true
    case 'group':
      return requirement.anyOf.some((group) => groups.includes(group))
    case 'refused':
      return false
  }
}
