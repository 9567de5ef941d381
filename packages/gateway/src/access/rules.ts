import { pathSegments } from './path.ts'
import { matchPattern, type PathPattern } from './pattern.ts'

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
 * only in case, an unusual method, or an unknown request (null).
 */
export function requirementOf(policy: AccessPolicy, asked: AskedRequest | null): Requirement {
  if (asked === null || !METHOD.test(asked.method)) return REFUSED
  const path = pathSegments(asked.target)
  if (path === null) return REFUSED
  for (const { path: pattern, methods, requirement } of policy.rules) {
    if (methods !== null && !methods.has(asked.method)) continue
    const match = matchPattern(pattern, path)
    if (match === 'matches') return requirement
    if (match === 'differs-in-case') return REFUSED
  }
  return policy.otherwise
}

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
