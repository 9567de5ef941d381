import type { IncomingMessage } from 'node:http'
import type { Session } from '@holdfast/tokens'
import { type AccessPolicy, LOGIN, mayPass, type Requirement, requirementOf } from '../access/rules.ts'
import { accessDenied, notInGroup, type Problem, sessionProblem, storeUnavailable } from '../http/problems.ts'
import type { CheckedSession } from '../sessions/checker.ts'
import { stepUpProblem } from '../sessions/step-up.ts'
import { profileOf } from '../users/identity.ts'
import type { ProxyConvention } from './proxies.ts'

/** The answer to a proxy about a request. */
export type Decision =
  /** Allowed, with this session, or without one (null). */
  | { kind: 'pass'; session: Session | null }
  | { kind: 'refuse'; problem: Problem }
  /** A login would help: a browser gets the way to the login page, and a program the problem. */
  | { kind: 'login'; problem: Problem }

const PASS_ANONYMOUS: Decision = { kind: 'pass', session: null }
const REFUSE: Decision = { kind: 'refuse', problem: accessDenied }

/** The requirement on the request that a proxy asks about. Without rules, a login is enough. */
export function requirementFor(
  access: AccessPolicy | undefined,
  proxy: ProxyConvention,
  request: IncomingMessage,
): Requirement {
  return access === undefined ? LOGIN : requirementOf(access, proxy.original(request))
}

/** Decides if the session does not matter, or returns null. Pure. */
export function decideWithoutSession({ kind }: Requirement): Decision | null {
  if (kind === 'public') return PASS_ANONYMOUS
  return kind === 'refused' ? REFUSE : null
}

/**
 * Decides with the session of the request. `query` is the query of the proxy's own request, whose `max_age` may require a
 * recent login; null when there is none. Pure.
 */
export function decideWithSession(
  requirement: Requirement,
  checked: CheckedSession,
  query: unknown,
  nowMs: number,
): Decision {
  if (checked.status === 'unavailable') return { kind: 'refuse', problem: storeUnavailable }
  if (checked.status !== 'active') return { kind: 'login', problem: sessionProblem(checked) }
  const stepUp = stepUpProblem(query, checked, nowMs)
  if (stepUp !== null) return { kind: 'login', problem: stepUp }
  // Reads the groups only when a rule requires one.
  const passes = requirement.kind === 'login' || mayPass(requirement, profileOf(checked.claims).groups)
  return passes ? { kind: 'pass', session: checked } : { kind: 'refuse', problem: notInGroup }
}
