import { DrillError } from './errors.ts'
import {
  type FaultPlan,
  type InjectedFault,
  injectFault,
  isGone,
  needsNewPrimary,
  planFault,
} from './fault.ts'
import { type NodeSight, sightAddress } from './primary-watch.ts'
import type { Run } from './run.ts'
import { waitUntil } from './waiting.ts'
import { LOGIN_TIMEOUT_MS } from './workload.ts'

/** How long a killed process may take to be seen as gone (in milliseconds). */
const GONE_TIMEOUT_MS = 3000
/** Time after the end of a pause in which the resumed process may do harm (in milliseconds). */
const AFTER_PAUSE_MS = 3000
/** Logins wait no longer than this when all is well again (in milliseconds). */
const CALM_LOGIN_MS = 1000

/** What came of the fault. */
export interface Harm {
  victim: string
  before: string
  tookEffect: boolean
  needsNewPrimary: boolean
  newPrimaryMs: number | null
  acknowledgingMs: number | null
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
  const before = run.watch.current()
  if (before === null) throw new DrillError('NOT_WHOLE', 'No primary with replicas is there to begin with.')
  const plan = planFault(run.settings.fault, (await run.control.status()).processes, before.node)
  if (typeof plan === 'string') throw new DrillError('NOT_WHOLE', plan)

  run.progress.enter('fault', `${plan.text}.`)
  const loginsBefore = run.ledger.acknowledged
  const fault = await injectFault(plan, run.control)
  try {
    const seen = await settle(run, plan, fault, before)
    const harm = { ...seen, loginsAfterFault: run.ledger.acknowledged - loginsBefore }
    return await next(harm, fault.undo)
  } finally {
    await fault.undo()
  }
}

async function settle(
  { watch, settings, progress, tally, control, signal, target }: Run,
  plan: FaultPlan,
  fault: InjectedFault,
  before: NodeSight,
): Promise<Omit<Harm, 'loginsAfterFault'>> {
  const isPause = settings.fault.action === 'pause'
  const isDue = needsNewPrimary(plan, settings.pauseMs, target.downAfterMs)
  const victimSight = watch.sights.find(
    ({ node }) => node.host === plan.victim.host && node.port === plan.victim.port,
  )
  let newPrimaryMs: number | null = null
  let acknowledgingMs: number | null = null
  let wentSilent = false
  let isPauseOver = !isPause

  const observe = (sinceFaultMs: number) => {
    wentSilent ||= victimSight?.role === null
    const promoted = watch.sights.find(
      ({ node, role, sinceMs }) => node !== before.node && role === 'primary' && sinceMs > fault.atMs,
    )
    if (promoted === undefined) return
    if (newPrimaryMs === null) {
      newPrimaryMs = Math.round(promoted.sinceMs - fault.atMs)
      progress.say(`New primary ${sightAddress(promoted)} after ${newPrimaryMs} ms.`)
    }
    if (acknowledgingMs === null && promoted.replicas.length > 0) {
      acknowledgingMs = Math.round(sinceFaultMs)
      progress.say(`It has a replica and acknowledges after ${acknowledgingMs} ms.`)
    }
  }

  const tookPlace = async () => {
    if (isPause) return wentSilent
    if (settings.fault.action === 'switch-over') return newPrimaryMs !== null
    return waitUntil(async () => isGone(plan, (await control.status()).processes), GONE_TIMEOUT_MS, signal)
  }
  const leastMs = Math.max(settings.afterFaultMs, isPause ? settings.pauseMs + AFTER_PAUSE_MS : 0)
  await waitUntil(
    async () => {
      const nowMs = performance.now()
      const sinceFaultMs = nowMs - fault.atMs
      observe(sinceFaultMs)
      if (!isPauseOver && sinceFaultMs >= settings.pauseMs) {
        isPauseOver = true
        await fault.undo()
        progress.say(`${plan.victim.name} goes on after ${settings.pauseMs / 1000} s.`)
      }
      if (sinceFaultMs < leastMs || (isDue && acknowledgingMs === null)) return false
      return tally.oldestLoginMs(nowMs) < CALM_LOGIN_MS
    },
    leastMs + LOGIN_TIMEOUT_MS,
    signal,
  )
  const tookEffect = await tookPlace()
  return {
    victim: plan.victim.name,
    before: sightAddress(before),
    tookEffect,
    needsNewPrimary: isDue,
    newPrimaryMs,
    acknowledgingMs,
  }
}
