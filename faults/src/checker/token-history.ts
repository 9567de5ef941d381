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
  state: 'active' | 'inactive'
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
export interface TokenHistory {
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
const MAX_CALL_MS = 30_000
/** If an inactive answer gives one of these reasons, the touch may have run before the session ended. */
const MAY_HAVE_RENEWED = new Set(['expired', 'revoked'])

/**
 * Groups a history by token. The time is linear: it visits each call once, and each `revoke-subject` once per
 * session of its subject.
 */
export function gatherHistories(calls: readonly Call[], defaultIdleMs: number): Map<string, TokenHistory> {
  const histories = new Map<string, TokenHistory>()
  const bySubject = new Map<string, TokenHistory[]>()
  const endsOfAll = Map.groupBy(
    calls.filter(({ invoke }) => invoke.operation === 'revoke-subject'),
    ({ invoke }) => invoke.subject ?? '',
  )
  const of = (token: string): TokenHistory => {
    const known = histories.get(token)
    if (known !== undefined) return known
    const fresh: TokenHistory = {
      token,
      subject: null,
      issue: null,
      renewals: [],
      revocations: [],
      observations: [],
      updates: [],
      rotatedFrom: null,
    }
    histories.set(token, fresh)
    return fresh
  }
  for (const call of calls) addIssue(call, of, bySubject, defaultIdleMs)
  for (const call of calls) {
    const { operation, token, subject } = call.invoke
    if (operation === 'revoke-subject') {
      for (const other of bySubject.get(subject ?? '') ?? []) addRevokeSubject(call, other)
    } else if (operation === 'list') {
      for (const other of bySubject.get(subject ?? '') ?? []) addList(call, other)
    } else if (token !== undefined) addCall(call, of(token), defaultIdleMs)
  }
  for (const call of calls) addUnansweredRotation(call, of, endsOfAll)
  // The loop reaches a rotated session after the session from which it was rotated.
  for (const history of histories.values()) addEndedBeforeRotation(history, histories)
  return histories
}

function addIssue(
  call: Call,
  of: (token: string) => TokenHistory,
  bySubject: Map<string, TokenHistory[]>,
  defaultIdleMs: number,
): void {
  const { operation, subject, idleMs } = call.invoke
  const token = call.completion?.answer?.token
  if ((operation !== 'issue' && operation !== 'rotate') || token === undefined) return
  const history = of(token)
  history.issue = call
  history.subject = subject ?? null
  history.rotatedFrom = operation === 'rotate' ? (call.invoke.token ?? null) : null
  const endedMs = call.completion?.atMs ?? invokedMs(call)
  const renewal = { invokedMs: invokedMs(call), okMs: okMs(call), latestMs: endedMs }
  history.renewals.push({ ...renewal, idleMs: idleMs ?? defaultIdleMs })
  if (subject === undefined) return
  const sessions = bySubject.get(subject)
  if (sessions === undefined) bySubject.set(subject, [history])
  else sessions.push(history)
}

function addCall(call: Call, history: TokenHistory, defaultIdleMs: number): void {
  const { operation, idleMs } = call.invoke
  const answer = call.completion?.answer
  const state = answer?.state
  if (state === 'active' || state === 'inactive') {
    history.observations.push({
      call,
      invokedMs: invokedMs(call),
      endedMs: call.completion?.atMs ?? invokedMs(call),
      state,
      reason: answer?.reason ?? '',
      subject: answer?.subject ?? null,
      changes: answer?.changes ?? null,
    })
  }
  if (!mayHaveRun(call)) return
  const atMs = okMs(call)
  if (operation === 'update' && state === 'active' && atMs !== null)
    history.updates.push({ call, okMs: atMs })
  if (operation === 'revoke') {
    history.revocations.push({ call, invokedMs: invokedMs(call), okMs: okMs(call) })
  } else if (operation === 'rotate' && state !== 'inactive') {
    history.revocations.push({ call, invokedMs: invokedMs(call), okMs: okMs(call) })
  } else if (operation === 'touch' && (state !== 'inactive' || MAY_HAVE_RENEWED.has(answer?.reason ?? ''))) {
    history.renewals.push({
      invokedMs: invokedMs(call),
      // A touch that waited until the session had ended may have renewed it before that, or may have come too late.
      okMs: state === 'inactive' ? null : okMs(call),
      latestMs: call.completion?.atMs ?? invokedMs(call) + MAX_CALL_MS,
      idleMs: idleMs ?? defaultIdleMs,
    })
  }
}

/**
 * A rotation that returns *inactive* may have ended the session itself. The rotation succeeded, and its answer was
 * lost. Before the client sent the rotation again, "end all sessions" ended the new session, whose token no client
 * holds (seed 46).
 */
function addUnansweredRotation(
  call: Call,
  of: (token: string) => TokenHistory,
  endsOfAll: ReadonlyMap<string, Call[]>,
): void {
  const { operation, token, subject } = call.invoke
  if (operation !== 'rotate' || token === undefined || call.completion?.answer?.state !== 'inactive') return
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
function addRevokeSubject(call: Call, history: TokenHistory): void {
  if (call.invoke.exceptToken === history.token || status(call) === 'fail' || history.issue === null) return
  const issuedMs = okMs(history.issue)
  const endedMs = call.completion?.atMs ?? Number.POSITIVE_INFINITY
  if (status(call) === 'ok' && invokedMs(history.issue) > endedMs) return
  const surely = issuedMs !== null && issuedMs < invokedMs(call)
  history.revocations.push({ call, invokedMs: invokedMs(call), okMs: surely ? okMs(call) : null })
}

/** An acknowledged list reports for every session of its subject whether the session is active. */
function addList(call: Call, history: TokenHistory): void {
  const listed = call.completion?.answer?.listed
  const endedMs = okMs(call)
  if (listed === undefined || endedMs === null) return
  const isListed = listed.includes(history.token)
  history.observations.push({
    call,
    invokedMs: invokedMs(call),
    endedMs,
    state: isListed ? 'active' : 'inactive',
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
function addEndedBeforeRotation(history: TokenHistory, all: ReadonlyMap<string, TokenHistory>): void {
  const parent = history.rotatedFrom === null ? undefined : all.get(history.rotatedFrom)
  const madeMs = history.issue === null ? null : okMs(history.issue)
  if (parent === undefined || madeMs === null) return
  for (const { call, okMs: endedMs } of parent.revocations) {
    if (call.invoke.operation === 'revoke' && mayFollow(call, history.issue)) {
      history.revocations.push({ call, invokedMs: invokedMs(call), okMs: null })
    }
    const isOfAll = call.invoke.operation === 'revoke-subject' && call.invoke.exceptToken !== history.token
    if (!isOfAll || endedMs === null) continue
    const known = history.revocations.find((revocation) => revocation.call === call)
    const surelyMs = Math.max(endedMs, madeMs)
    if (known === undefined) {
      history.revocations.push({ call, invokedMs: invokedMs(call), okMs: surelyMs, beforeRotation: true })
    } else if (known.okMs === null) Object.assign(known, { okMs: surelyMs, beforeRotation: true })
  }
  history.revocations.sort((a, b) => a.invokedMs - b.invokedMs)
}

/**
 * A logout that had not ended when the rotation began may run after it. Then the logout ends the session that the
 * rotation made.
 */
function mayFollow(revoke: Call, rotation: Call | null): boolean {
  const endedMs = revoke.completion?.atMs ?? Number.POSITIVE_INFINITY
  return rotation !== null && endedMs > invokedMs(rotation)
}
