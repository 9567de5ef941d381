import { DrillError } from './errors.ts'
import { kindOf, victimOf } from './faults/catalogue.ts'
import { type InjectedFault, injectFault } from './faults/inject.ts'
import type { EndedConnections, FaultPlan, Seen } from './faults/plan.ts'
import { type NodeSight, sightAddress } from './primary-watch.ts'
import type { Run } from './run.ts'
import { waitUntil } from './waiting.ts'
import { LOGIN_TIMEOUT_MS } from './workload.ts'

/** How long the primary may be out of sight before the fault (in milliseconds). */
const SIGHT_TIMEOUT_MS = 5000
/** How long a killed process may take to be seen as gone (in milliseconds). */
const GONE_TIMEOUT_MS = 3000
/** Time after the end of a fault in which what comes back may do harm (in milliseconds). */
const AFTER_END_MS = 3000
/** Logins wait no longer than this when all is well again (in milliseconds). */
const CALM_LOGIN_MS = 1000

/** What came of the fault. */
export interface Harm {
  plan: FaultPlan
  before: string
  tookEffect: boolean
  newPrimaryMs: number | null
  acknowledgingMs: number | null
  /** How long the operation took, where the fault is one (in milliseconds). */
  operationMs: number | null
  /** What it has cost in connections; null where they are not counted. */
  connections: EndedConnections | null
  /** Logins acknowledged after the fault. */
  loginsAfterFault: number
}

/**
 * Does the fault, watches until the data centre has settled (or a bound is reached) and hands over to `next`
 * while a lost host is still lost. The fault is undone afterwards, whatever happens.
 */
export async function doHarm<T>(
  run: Run,
  next: (harm: Harm, undo: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const { watch, progress, ledger, tally, tools, remains } = run
  // On a machine at its limit a Redis may be silent for a moment.
  await waitUntil(() => watch.current() !== null, SIGHT_TIMEOUT_MS, run.signal)
  const before = watch.current()
  if (before === null) throw new DrillError('NOT_WHOLE', 'No primary with replicas is there to begin with.')
  const plan = await planHarm(run, before)

  progress.enter('fault', `${plan.text}.`)
  const loginsBefore = ledger.acknowledged
  tally.refusalsAreRight = plan.refusesLogins === true
  const fault = await injectFault(plan, tools, remains)
  tally.timeline.mark('fault-begins', plan.text, fault.atMs)
  // What is over at once has no end of its own.
  let isOver = run.settings.lastsMs === 0
  const undo = async () => {
    await fault.undo()
    if (!isOver && plan.awaitMs !== undefined) {
      tally.timeline.mark('fault-ends', 'the operation is done', fault.doneAtMs() ?? performance.now())
    } else if (!isOver) {
      tally.timeline.mark('fault-ends', 'the fault is over', performance.now())
    }
    isOver = true
  }
  try {
    const seen = await settle(run, plan, { ...fault, undo }, before)
    const loginsAfterFault = ledger.acknowledged - loginsBefore
    return await next({ ...seen, plan, connections: plan.connections?.() ?? null, loginsAfterFault }, undo)
  } finally {
    await fault.undo()
  }
}

async function planHarm({ tools, settings: { fault, lastsMs } }: Run, before: NodeSight): Promise<FaultPlan> {
  const { processes } = await tools.control.status()
  const victim = victimOf(fault.target, processes, before.node)
  if (victim === null) {
    throw new DrillError('NOT_WHOLE', `No running process of this data centre is a ${fault.target}.`)
  }
  return kindOf(fault).plan({ tools, target: fault.target, victim, lastsMs })
}

async function settle(
  run: Run,
  plan: FaultPlan,
  fault: InjectedFault,
  before: NodeSight,
): Promise<Pick<Harm, 'before' | 'tookEffect' | 'newPrimaryMs' | 'acknowledgingMs' | 'operationMs'>> {
  const { watch, settings, progress, tally, tools, signal } = run
  const { lastsMs, afterFaultMs } = settings
  const victimSight = watch.sights.find(
    ({ node }) => node.host === plan.victim.host && node.port === plan.victim.port,
  )
  let newPrimaryMs: number | null = null
  let acknowledgingMs: number | null = null
  let wentSilent = false
  let operationMs: number | null = null
  let isOver = lastsMs === null || lastsMs === 0

  const observe = (nowMs: number) => {
    wentSilent ||= victimSight?.role === null
    const promoted = watch.sights.find(
      ({ node, role, sinceMs }) => node !== before.node && role === 'primary' && sinceMs > fault.atMs,
    )
    if (promoted === undefined) return
    if (newPrimaryMs === null) {
      newPrimaryMs = Math.round(promoted.sinceMs - fault.atMs)
      tally.timeline.mark('new-primary', `new primary ${sightAddress(promoted)}`, promoted.sinceMs)
      progress.say(`New primary ${sightAddress(promoted)} after ${newPrimaryMs} ms.`)
    }
    if (acknowledgingMs === null && promoted.replicas.length > 0) {
      acknowledgingMs = Math.round(nowMs - fault.atMs)
      tally.timeline.mark('acknowledges', 'it has a replica and acknowledges', nowMs)
      progress.say(`It has a replica and acknowledges after ${acknowledgingMs} ms.`)
    }
  }

  /** The victim of a kill or of a lost host is gone, or is another process by now. */
  const isGone = () =>
    waitUntil(
      async () => {
        const { processes } = await tools.control.status()
        return processes.find(({ name }) => name === plan.victim.name)?.pid !== plan.victim.pid
      },
      GONE_TIMEOUT_MS,
      signal,
    )
  const leastMs = Math.max(afterFaultMs, isOver ? 0 : (lastsMs ?? 0) + AFTER_END_MS)
  await waitUntil(
    async () => {
      const nowMs = performance.now()
      const sinceFaultMs = nowMs - fault.atMs
      observe(nowMs)
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
          progress.say(`It is over after ${operationMs} ms.`)
        }
        if (nowMs < doneAtMs + AFTER_END_MS) return false
      }
      // An operation that has failed brings no new primary any more.
      const isDue = plan.needsNewPrimary && (operationMs === null || newPrimaryMs !== null)
      if (sinceFaultMs < leastMs || (isDue && acknowledgingMs === null)) return false
      return tally.oldestLoginMs(nowMs) < CALM_LOGIN_MS
    },
    leastMs + Math.max(LOGIN_TIMEOUT_MS, plan.awaitMs ?? 0),
    signal,
  )
  const seen: Seen = {
    wentSilent,
    isDone: fault.doneAtMs() !== null,
    promoted: newPrimaryMs !== null,
    refusedLogins: tally.refusedLogins,
    isGone,
  }
  return {
    before: sightAddress(before),
    tookEffect: await plan.tookEffect(seen),
    newPrimaryMs,
    acknowledgingMs,
    operationMs,
  }
}
