import { type Call, invokedMs, mayHaveRun, okMs, status } from '../history/calls.ts'
import type { MonotonicMs } from '../history/events.ts'

/** A revocation, or a call that may have been a revocation. */
export interface Revocation {
  call: Call
  invokedMs: MonotonicMs
  /** When it was acknowledged for this token. Null: it may or may not have taken effect. */
  okMs: MonotonicMs | null
  /** It ended the session from which this session was rotated. */
  beforeRotation?: boolean
}

/** An answer that reports whether a token is active. */
export interface Observation {
  call: Call
  invokedMs: MonotonicMs
  endedMs: MonotonicMs
  says: 'active' | 'inactive'
  reason: string
  subject: string | null
  /** The number of updates that its claims counted. Null when the answer does not contain the claims. */
  changes: number | null
}

/** An acknowledged update. */
interface Update {
  call: Call
  okMs: MonotonicMs
}

/** A renewal of the idle lifetime that happened, or may have happened. */
interface Renewal {
  invokedMs: MonotonicMs
  /** When it was acknowledged, or null. */
  okMs: MonotonicMs | null
  /** The last time at which it may have read the clock. */
  latestMs: MonotonicMs
  idleMs: number
}

/** Everything that a history reports about one token. Each list is in the order of invocation. */
export interface TokenFacts {
  token: string
  subject: string | null
  /** The call that issued it: `issue` or `rotate`. Null for a token that no call issued. */
  issue: Call | null
  renewals: Renewal[]
  revocations: Revocation[]
  observations: Observation[]
  /** Acknowledged updates, in the order of invocation. */
  updates: Update[]
  /** The token from which it was rotated, or null. */
  rotatedFrom: string | null
}

/** A call without a recorded end may have read the clock up to this long after its invocation. */
const LONGEST_CALL_MS = 30_000
/** If an inactive answer gives one of these reasons, the touch may have run before the session ended. */
const MAY_HAVE_RENEWED = new Set(['expired', 'revoked'])

/**
 * Groups a history by token. The time is linear: it visits each call once, and each `revoke-subject` once per
 * session of its subject.
 */
export function gatherFacts(calls: readonly Call[], defaultIdleMs: number): Map<string, TokenFacts> {
  const facts = new Map<string, TokenFacts>()
  const bySubject = new Map<string, TokenFacts[]>()
  const endsOfAll = Map.groupBy(
    calls.filter(({ invoke }) => invoke.operation === 'revoke-subject'),
    ({ invoke }) => invoke.subject ?? '',
  )
  const of = (token: string): TokenFacts => {
    const known = facts.get(token)
    if (known !== undefined) return known
    const fresh: TokenFacts = {
      token,
      subject: null,
      issue: null,
      renewals: [],
      revocations: [],
      observations: [],
      updates: [],
      rotatedFrom: null,
    }
    facts.set(token, fresh)
    return fresh
  }
  for (const call of calls) noteIssue(call, of, bySubject, defaultIdleMs)
  for (const call of calls) {
    const { operation, token, subject } = call.invoke
    if (operation === 'revoke-subject') {
      for (const other of bySubject.get(subject ?? '') ?? []) noteRevokeSubject(call, other)
    } else if (operation === 'list') {
      for (const other of bySubject.get(subject ?? '') ?? []) noteList(call, other)
    } else if (token !== undefined) note(call, of(token), defaultIdleMs)
  }
  for (const call of calls) noteUnansweredRotation(call, of, endsOfAll)
  // The loop reaches a rotated session after the session from which it was rotated.
  for (const fact of facts.values()) noteEndedBeforeRotation(fact, facts)
  return facts
}

function noteIssue(
  call: Call,
  of: (token: string) => TokenFacts,
  bySubject: Map<string, TokenFacts[]>,
  defaultIdleMs: number,
): void {
  const { operation, subject, idleMs } = call.invoke
  const token = call.completion?.answer?.token
  if ((operation !== 'issue' && operation !== 'rotate') || token === undefined) return
  const facts = of(token)
  facts.issue = call
  facts.subject = subject ?? null
  facts.rotatedFrom = operation === 'rotate' ? (call.invoke.token ?? null) : null
  const endedMs = call.completion?.atMs ?? invokedMs(call)
  const renewal = { invokedMs: invokedMs(call), okMs: okMs(call), latestMs: endedMs }
  facts.renewals.push({ ...renewal, idleMs: idleMs ?? defaultIdleMs })
  if (subject === undefined) return
  const sessions = bySubject.get(subject)
  if (sessions === undefined) bySubject.set(subject, [facts])
  else sessions.push(facts)
}

function note(call: Call, facts: TokenFacts, defaultIdleMs: number): void {
  const { operation, idleMs } = call.invoke
  const answer = call.completion?.answer
  const says = answer?.says
  if (says === 'active' || says === 'inactive') {
    facts.observations.push({
      call,
      invokedMs: invokedMs(call),
      endedMs: call.completion?.atMs ?? invokedMs(call),
      says,
      reason: answer?.reason ?? '',
      subject: answer?.subject ?? null,
      changes: answer?.changes ?? null,
    })
  }
  if (!mayHaveRun(call)) return
  const atMs = okMs(call)
  if (operation === 'update' && says === 'active' && atMs !== null) facts.updates.push({ call, okMs: atMs })
  if (operation === 'revoke') {
    facts.revocations.push({ call, invokedMs: invokedMs(call), okMs: okMs(call) })
  } else if (operation === 'rotate' && says !== 'inactive') {
    facts.revocations.push({ call, invokedMs: invokedMs(call), okMs: okMs(call) })
  } else if (operation === 'touch' && (says !== 'inactive' || MAY_HAVE_RENEWED.has(answer?.reason ?? ''))) {
    facts.renewals.push({
      invokedMs: invokedMs(call),
      // A touch that waited until the session had ended may have renewed it before that, or may have come too late.
      okMs: says === 'inactive' ? null : okMs(call),
      latestMs: call.completion?.atMs ?? invokedMs(call) + LONGEST_CALL_MS,
      idleMs: idleMs ?? defaultIdleMs,
    })
  }
}

/**
 * A rotation that returns *inactive* may have ended the session itself. The rotation succeeded, and its answer was
 * lost. Before the client sent the rotation again, "end all sessions" ended the new session, whose token no client
 * holds (seed 46).
 */
function noteUnansweredRotation(
  call: Call,
  of: (token: string) => TokenFacts,
  endsOfAll: ReadonlyMap<string, Call[]>,
): void {
  const { operation, token, subject } = call.invoke
  if (operation !== 'rotate' || token === undefined || call.completion?.answer?.says !== 'inactive') return
  const isCrossed = endsOfAll.get(subject ?? '')?.some((other) => overlap(call, other))
  if (!isCrossed) return
  const { revocations } = of(token)
  revocations.push({ call, invokedMs: invokedMs(call), okMs: null })
  revocations.sort((a, b) => a.invokedMs - b.invokedMs)
}

const endedMs = ({ completion }: Call) => completion?.atMs ?? Number.POSITIVE_INFINITY
const overlap = (a: Call, b: Call) => invokedMs(a) < endedMs(b) && invokedMs(b) < endedMs(a)

/**
 * A `revoke-subject` certainly ends the sessions that were certainly issued before it began. It may end the sessions
 * that are issued before it ends.
 */
function noteRevokeSubject(call: Call, facts: TokenFacts): void {
  if (call.invoke.exceptToken === facts.token || status(call) === 'fail' || facts.issue === null) return
  const issuedMs = okMs(facts.issue)
  const endedMs = call.completion?.atMs ?? Number.POSITIVE_INFINITY
  if (status(call) === 'ok' && invokedMs(facts.issue) > endedMs) return
  const surely = issuedMs !== null && issuedMs < invokedMs(call)
  facts.revocations.push({ call, invokedMs: invokedMs(call), okMs: surely ? okMs(call) : null })
}

/** An acknowledged list reports for every session of its subject whether the session is active. */
function noteList(call: Call, facts: TokenFacts): void {
  const listed = call.completion?.answer?.listed
  const endedMs = okMs(call)
  if (listed === undefined || endedMs === null) return
  const isListed = listed.includes(facts.token)
  facts.observations.push({
    call,
    invokedMs: invokedMs(call),
    endedMs,
    says: isListed ? 'active' : 'inactive',
    reason: isListed ? '' : 'not listed',
    subject: null,
    changes: null,
  })
}

/**
 * If "end all sessions" certainly ended a session, then it also ends the session that a rotation made of it, in
 * either order. Either the new session existed already and was one of all sessions, or the rotation had to find the
 * old session ended.
 */
function noteEndedBeforeRotation(facts: TokenFacts, all: ReadonlyMap<string, TokenFacts>): void {
  const parent = facts.rotatedFrom === null ? undefined : all.get(facts.rotatedFrom)
  const madeMs = facts.issue === null ? null : okMs(facts.issue)
  if (parent === undefined || madeMs === null) return
  for (const { call, okMs: endedMs } of parent.revocations) {
    if (call.invoke.operation === 'revoke' && mayFollow(call, facts.issue)) {
      facts.revocations.push({ call, invokedMs: invokedMs(call), okMs: null })
    }
    const isOfAll = call.invoke.operation === 'revoke-subject' && call.invoke.exceptToken !== facts.token
    if (!isOfAll || endedMs === null) continue
    const known = facts.revocations.find((revocation) => revocation.call === call)
    const surelyMs = Math.max(endedMs, madeMs)
    if (known === undefined) {
      facts.revocations.push({ call, invokedMs: invokedMs(call), okMs: surelyMs, beforeRotation: true })
    } else if (known.okMs === null) Object.assign(known, { okMs: surelyMs, beforeRotation: true })
  }
  facts.revocations.sort((a, b) => a.invokedMs - b.invokedMs)
}

/**
 * A logout that had not ended when the rotation began may run after it. Then the logout ends the session that the
 * rotation made.
 */
function mayFollow(revoke: Call, rotation: Call | null): boolean {
  const endedMs = revoke.completion?.atMs ?? Number.POSITIVE_INFINITY
  return rotation !== null && endedMs > invokedMs(rotation)
}
