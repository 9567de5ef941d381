import { monotonicMs } from '../history/events.ts'
import type { Site } from '../site/site.ts'
import { FAULTS, type FaultName } from './alphabet.ts'
import type { Begun, Fault, Target } from './fault.ts'

/** A fault that is active. */
export interface Injected {
  /** Ends the fault. A second call does nothing. */
  end: () => Promise<void>
}

const DEFAULT_TARGET: Target = { role: 'primary', app: 'app1' }

/** Starts a fault of the list. */
export function inject(
  site: Site,
  name: FaultName,
  target: Partial<Target> = {},
  strength = 0,
): Promise<Injected> {
  const fault: Fault = FAULTS[name]
  const whom = { ...DEFAULT_TARGET, ...target }
  const ofPrimary = fault.reach === 'planned' || (fault.reach === 'one-data-host' && whom.role === 'primary')
  return begin(site, name, () => fault.begin(site, whom, strength), ofPrimary)
}

/** Starts a fault and logs it in the timeline. Checks the effect of the fault before it ends the fault. */
export async function begin(
  site: Site,
  name: string,
  work: () => Promise<Begun>,
  ofPrimary = false,
): Promise<Injected> {
  const { timeline } = site
  const fromMs = monotonicMs()
  const begun = await work()
  const { where, touches = [] } = begun
  timeline.note(`FAULT ${name} at ${where}`)
  let ended = false
  return {
    end: async () => {
      if (ended) return
      ended = true
      const evidence = await begun.evidence()
      await begun.end()
      timeline.note(`HEALED ${name} at ${where} (${evidence ?? 'no effect was observed'})`)
      timeline.spans.push({
        fault: name,
        where,
        ofPrimary,
        fromMs,
        toMs: monotonicMs(),
        touched: [...touches],
        evidence: evidence ?? 'no effect was observed',
        confirmed: evidence !== null,
      })
    },
  }
}
