import { monotonicMs } from '../history/events.ts'
import type { Testbed } from '../testbed/testbed.ts'
import { FAULTS, type FaultName } from './catalog.ts'
import type { ActiveFault, Fault, Target } from './fault.ts'

/** A fault that is active. */
export interface InjectedFault {
  /** Ends the fault. A second call does nothing. */
  end: () => Promise<void>
}

const DEFAULT_TARGET: Target = { role: 'primary', app: 'app1' }

/** Starts a fault of the catalog (catalog.ts). */
export function inject(
  testbed: Testbed,
  name: FaultName,
  target: Partial<Target> = {},
  strength = 0,
): Promise<InjectedFault> {
  const fault: Fault = FAULTS[name]
  const resolvedTarget = { ...DEFAULT_TARGET, ...target }
  const ofPrimary =
    fault.scope === 'planned' || (fault.scope === 'one-data-host' && resolvedTarget.role === 'primary')
  return startFault(testbed, name, () => fault.start(testbed, resolvedTarget, strength), ofPrimary)
}

/** Starts a fault and logs it in the timeline. Checks the effect of the fault before it ends the fault. */
export async function startFault(
  testbed: Testbed,
  name: string,
  work: () => Promise<ActiveFault>,
  ofPrimary = false,
): Promise<InjectedFault> {
  const { timeline } = testbed
  const fromMs = monotonicMs()
  const active = await work()
  const { where, affected = [] } = active
  timeline.note(`FAULT ${name} at ${where}`)
  let ended = false
  return {
    end: async () => {
      if (ended) return
      ended = true
      const evidence = await active.evidence()
      await active.end()
      timeline.note(`HEALED ${name} at ${where} (${evidence ?? 'no effect was observed'})`)
      timeline.spans.push({
        fault: name,
        where,
        ofPrimary,
        fromMs,
        toMs: monotonicMs(),
        affected: [...affected],
        evidence: evidence ?? 'no effect was observed',
        confirmed: evidence !== null,
      })
    },
  }
}
