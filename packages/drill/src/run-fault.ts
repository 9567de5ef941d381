import { DrillError } from './errors.ts'
import { kindOf, victimOf } from './faults/catalogue.ts'
import { type InjectedFault, injectFault } from './faults/inject.ts'
import type { EndedConnections, FaultPlan, Observation } from './faults/plan.ts'
import { addressOfNode, type NodeState } from './primary-watch.ts'
import type { Run } from './run.ts'
import { waitUntil } from './waiting.ts'
import { LOGIN_TIMEOUT_MS } from './workload.ts'

/** How long the drill waits for a primary with replicas before the fault (in milliseconds). */
const PRIMARY_TIMEOUT_MS = 5000
/** How long a killed process may take to disappear from the supervisor's status (in milliseconds). */
const GONE_TIMEOUT_MS = 3000
/** How long after the end of a fault the returning process may still affect users (in milliseconds). */
const AFTER_END_MS = 3000
/** The longest wait of a login that counts as normal again (in milliseconds). */
const CALM_LOGIN_MS = 1000

/** What was observed of the fault. */
export interface FaultOutcome {
  plan: FaultPlan
  before: string
  tookEffect: boolean
  newPrimaryMs: number | null
  acknowledgingMs: number | null
  /** How long the operation took (in milliseconds); null for a real fault. */
  operationMs: number | null
  /** How many connections it has ended; null where they are not counted. */
  connections: EndedConnections | null
  /** Logins acknowledged after the fault. */
  loginsAfterFault: number
}

/**
 * Injects the fault, observes until users are served normally again or a limit is reached, and calls `next` while a lost
 * host is still lost. Undoes the fault in the end, also after an error.
 */
export async function injectAndObserve<T>(
  run: Run,
  next: (outcome: FaultOutcome, undo: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const { watch, progress, sessions, metrics, tools, undoJournal } = run
  // On an overloaded machine a Redis may not answer for a moment.
  await waitUntil(() => watch.current() !== null, PRIMARY_TIMEOUT_MS, run.signal)
  const before = watch.current()
  if (before === null)
    throw new DrillError('NOT_WHOLE', 'The data centre has no primary with replicas. See `holdfast status`.')
  const plan = await planFault(run, before)

  progress.enter('fault', `${plan.text}.`)
  const loginsBefore = sessions.acknowledged
  metrics.refusalsAreRight = plan.refusesLogins === true
  const fault = await injectFault(plan, tools, undoJournal)
  metrics.timeline.mark('fault-begins', plan.text, fault.atMs)
  // A fault that is over at once has no end of its own in the timeline.
  let isOver = run.settings.lastsMs === 0
  const undo = async () => {
    await fault.undo()
    if (!isOver && plan.awaitMs !== undefined) {
      metrics.timeline.mark('fault-ends', 'the operation is done', fault.doneAtMs() ?? performance.now())
    } else if (!isOver) {
      metrics.timeline.mark('fault-ends', 'the fault is over', performance.now())
    }
    isOver = true
  }
  try {
    const seen = await observe(run, plan, { ...fault, undo }, before)
    const loginsAfterFault = sessions.acknowledged - loginsBefore
    return await next({ ...seen, plan, connections: plan.connections?.() ?? null, loginsAfterFault }, undo)
  } finally {
    await fault.undo()
  }
}

async function planFault(
  { tools, settings: { fault, lastsMs } }: Run,
  before: NodeState,
): Promise<FaultPlan> {
  const { processes } = await tools.control.status()
  const victim = victimOf(fault.target, processes, before.node)
  if (victim === null) {
    throw new DrillError(
      'NOT_WHOLE',
      `The data centre has no running ${fault.target}. See \`holdfast status\`.`,
    )
  }
  return kindOf(fault).plan({ tools, target: fault.target, victim, lastsMs })
}

async function observe(
  run: Run,
  plan: FaultPlan,
  fault: InjectedFault,
  before: NodeState,
): Promise<Pick<FaultOutcome, 'before' | 'tookEffect' | 'newPrimaryMs' | 'acknowledgingMs' | 'operationMs'>> {
  const { watch, settings, progress, metrics, tools, signal } = run
  const { lastsMs, afterFaultMs } = settings
  const victimState = watch.nodes.find(
    ({ node }) => node.host === plan.victim.host && node.port === plan.victim.port,
  )
  let newPrimaryMs: number | null = null
  let acknowledgingMs: number | null = null
  let wentSilent = false
  let operationMs: number | null = null
  let isOver = lastsMs === null || lastsMs === 0

  const notePrimary = (nowMs: number) => {
    wentSilent ||= victimState?.role === null
    const promoted = watch.nodes.find(
      ({ node, role, sinceMs }) => node !== before.node && role === 'primary' && sinceMs > fault.atMs,
    )
    if (promoted === undefined) return
    if (newPrimaryMs === null) {
      newPrimaryMs = Math.round(promoted.sinceMs - fault.atMs)
      metrics.timeline.mark('new-primary', `new primary ${addressOfNode(promoted)}`, promoted.sinceMs)
      progress.say(`New primary ${addressOfNode(promoted)} after ${newPrimaryMs} ms.`)
    }
    if (acknowledgingMs === null && promoted.replicas.length > 0) {
      acknowledgingMs = Math.round(nowMs - fault.atMs)
      metrics.timeline.mark('acknowledges', 'the new primary has a replica and acknowledges writes', nowMs)
      progress.say(`The new primary acknowledges writes after ${acknowledgingMs} ms.`)
    }
  }

  /** The process of a killed victim, or of a lost host, is gone or was replaced. */
  const isGone = () =>
    waitUntil(
      async () => {
        const { processes } = await tools.control.status()
        return processes.find(({ name }) => name === plan.victim.name)?.pid !== plan.victim.pid
      },
      GONE_TIMEOUT_MS,
      signal,
    )
  const minMs = Math.max(afterFaultMs, isOver ? 0 : (lastsMs ?? 0) + AFTER_END_MS)
  await waitUntil(
    async () => {
      const nowMs = performance.now()
      const sinceFaultMs = nowMs - fault.atMs
      notePrimary(nowMs)
      if (!isOver && sinceFaultMs >= (lastsMs ?? 0)) {
        isOver = true
        await fault.undo()
        progress.say(`The fault is over after ${(lastsMs ?? 0) / 1000} s.`)
      }
      if (plan.awaitMs !== undefined) {
        const doneAtMs = fault.doneAtMs()
        if (doneAtMs === null) return false
        if (operationMs === null) {
          operationMs = Math.round(doneAtMs - fault.atMs)
          progress.say(`The operation took ${operationMs} ms.`)
        }
        if (nowMs < doneAtMs + AFTER_END_MS) return false
      }
      // A failed operation promotes no Redis later.
      const isDue = plan.needsNewPrimary && (operationMs === null || newPrimaryMs !== null)
      if (sinceFaultMs < minMs || (isDue && acknowledgingMs === null)) return false
      return metrics.oldestLoginMs(nowMs) < CALM_LOGIN_MS
    },
    minMs + Math.max(LOGIN_TIMEOUT_MS, plan.awaitMs ?? 0),
    signal,
  )
  const seen: Observation = {
    wentSilent,
    isDone: fault.doneAtMs() !== null,
    promoted: newPrimaryMs !== null,
    refusedLogins: metrics.refusedLogins,
    isGone,
  }
  return {
    before: addressOfNode(before),
    tookEffect: await plan.tookEffect(seen),
    newPrimaryMs,
    acknowledgingMs,
    operationMs,
  }
}
