import type { IncomingMessage } from 'node:http'
import type { Session } from '@holdfast/tokens'
import { type AccessPolicy, LOGIN, mayPass, type Requirement, requirementOf } from '../access/rules.ts'
import { accessDenied, notInGroup, type Problem, sessionProblem, storeUnavailable } from '../http/problems.ts'
import { profileOf } from '../identities/identity.ts'
import type { CheckedSession } from '../sessions/checker.ts'
import { stepUpProblem } from '../sessions/step-up.ts'
import type { ProxyConvention } from './proxies.ts'

/** What a proxy is told about a request. */
export type Verdict =
  /** It may pass, as this session's; null: as nobody's. */
  | { kind: 'pass'; session: Session | null }
  | { kind: 'refuse'; problem: Problem }
  /** A login would help: a browser is shown the way to it, and a program told the problem. */
  | { kind: 'login'; problem: Problem }

const PASS_AS_NOBODY: Verdict = { kind: 'pass', session: null }
const REFUSE: Verdict = { kind: 'refuse', problem: accessDenied }

/** What a request that a proxy asks about must fulfil. Without rules, whoever is logged in may. */
export function requirementFor(
  access: AccessPolicy | undefined,
  proxy: ProxyConvention,
  request: IncomingMessage,
): Requirement {
  return access === undefined ? LOGIN : requirementOf(access, proxy.original(request))
}

/** The verdict where it does not matter whose request it is; else null. Pure. */
export function verdictOnAnybody({ kind }: Requirement): Verdict | null {
  if (kind === 'public') return PASS_AS_NOBODY
  return kind === 'refused' ? REFUSE : null
}

/**
 * The verdict on a request of which the session was looked up. `query` is that of the proxy's own address, whose `max_age`
 * may ask for a recent login; null when it has none. Pure.
 */
export function verdictOnSession(
  requirement: Requirement,
  checked: CheckedSession,
  query: unknown,
  nowMs: number,
): Verdict {
  if (checked.status === 'unavailable') return { kind: 'refuse', problem: storeUnavailable }
  if (checked.status !== 'active') return { kind: 'login', problem: sessionProblem(checked) }
  const stepUp = stepUpProblem(query, checked, nowMs)
  if (stepUp !== null) return { kind: 'login', problem: stepUp }
  // Groups are looked for only where a rule asks for them.
  const passes = requirement.kind === 'login' || mayPass(requirement, profileOf(checked.claims).groups)
  return passes ? { kind: 'pass', session: checked } : { kind: 'refuse', problem: notInGroup }
}
