import { pathSegments } from './path.ts'
import { matchPattern, type PathPattern } from './pattern.ts'

/** What a request must fulfil to be let through. */
export type Requirement =
  /** Nothing: not even a login. */
  | { kind: 'public' }
  | { kind: 'login' }
  /** A login of somebody who is in one of these groups. */
  | { kind: 'group'; anyOf: readonly string[] }
  /** Cannot be fulfilled. */
  | { kind: 'refused' }

/** One rule: which requests it is about, and what they must fulfil. */
export interface AccessRule {
  path: PathPattern
  /** Null: every method. */
  methods: ReadonlySet<string> | null
  requirement: Requirement
}

/** The rules in their order, and what holds when none is about a request. */
export interface AccessPolicy {
  rules: readonly AccessRule[]
  otherwise: Requirement
}

/** A request as the client sent it to the proxy. */
export interface AskedRequest {
  method: string
  /** Path and query as they stood on the request line, not decoded. */
  target: string
}

export const LOGIN: Requirement = { kind: 'login' }
export const REFUSED: Requirement = { kind: 'refused' }

/** RFC 9110, section 9.1: methods are told apart by case, and the registered ones are in capitals. */
const METHOD = /^[A-Z]{1,32}$/

/**
 * What a request must fulfil: the first rule that is about it decides. What cannot be told for certain is refused,
 * public rules and `otherwise` notwithstanding: a path that is not plain ({@link pathSegments}), one that differs from
 * a rule's only in case, an odd method, a request that is not known (null).
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

/** Whether somebody who is logged in, and in these groups, may. */
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
