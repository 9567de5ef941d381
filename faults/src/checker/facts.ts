import { type Call, invokedMs, mayHaveRun, okMs, status } from '../history/calls.ts'
import type { MonotonicMs } from '../history/events.ts'

/** A revocation, or what may be one. */
export interface Revocation {
  call: Call
  invokedMs: MonotonicMs
  /** When it was acknowledged for this token; null: it may have taken effect, or not. */
  okMs: MonotonicMs | null
  /** It ended the session from which this one was rotated. */
  beforeRotation?: boolean
}

/** An answer that says of a token whether it is good. */
export interface Observation {
  call: Call
  invokedMs: MonotonicMs
  endedMs: MonotonicMs
  says: 'active' | 'inactive'
  reason: string
  subject: string | null
  /** How many updates its claims counted; null where the answer does not say. */
  changes: number | null
}

/** An acknowledged update. */
interface Update {
  call: Call
  okMs: MonotonicMs
}

/** A renewal of the idle lifetime that was, or may have been, made. */
interface Renewal {
  invokedMs: MonotonicMs
  /** When it was acknowledged, or null. */
  okMs: MonotonicMs | null
  /** The last time at which it may have read the clock. */
  latestMs: MonotonicMs
  idleMs: number
}

/** All that a history says of one token, each list in the order of invocation. */
export interface TokenFacts {
  token: string
  subject: string | null
  /** The call that issued it: `issue` or `rotate`. Null for a token that nobody issued. */
  issue: Call | null
  renewals: Renewal[]
  revocations: Revocation[]
  observations: Observation[]
  /** Acknowledged updates, in the order of invocation. */
  updates: Update[]
  /** The token from which it was rotated, or null. */
  rotatedFrom: string | null
}

/** A call that ended without a word may have read the clock this long after its invocation. */
const LONGEST_CALL_MS = 30_000
/** Ends of a session that an answer tells of, and that a touch may have come before. */
const MAY_HAVE_RENEWED = new Set(['expired', 'revoked'])

/**
 * Sorts a history by tokens. Linear: each call is looked at once, and each `revoke-subject` once per session of
 * its subject.
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
  // A session that was rotated from another comes after it.
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
      // One that had to wait until the renewed session had ended may have renewed it before, or have come too late.
      okMs: says === 'inactive' ? null : okMs(call),
      latestMs: call.completion?.atMs ?? invokedMs(call) + LONGEST_CALL_MS,
      idleMs: idleMs ?? defaultIdleMs,
    })
  }
}

/**
 * A rotation that answers that the session had ended may have ended it itself: it was made, its answer was lost, and before it
 * was sent again "end all sessions" ended the new session, whose token no client holds (seed 46).
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

/** It ends for sure what was issued for sure before it began, and may end whatever is issued until it ends. */
function noteRevokeSubject(call: Call, facts: TokenFacts): void {
  if (call.invoke.exceptToken === facts.token || status(call) === 'fail' || facts.issue === null) return
  const issuedMs = okMs(facts.issue)
  const endedMs = call.completion?.atMs ?? Number.POSITIVE_INFINITY
  if (status(call) === 'ok' && invokedMs(facts.issue) > endedMs) return
  const surely = issuedMs !== null && issuedMs < invokedMs(call)
  facts.revocations.push({ call, invokedMs: invokedMs(call), okMs: surely ? okMs(call) : null })
}

/** A list that is acknowledged says of every session of its subject whether it is good. */
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
 * "End all sessions" that surely ended a session ends also what a rotation made of it, whenever it ran: either the new
 * session was there, and is one of all, or the rotation had to find the old one ended.
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

/** A logout that had not ended when the rotation began may have come after it, and ends the session that it made. */
function mayFollow(revoke: Call, rotation: Call | null): boolean {
  const endedMs = revoke.completion?.atMs ?? Number.POSITIVE_INFINITY
  return rotation !== null && endedMs > invokedMs(rotation)
}
