import { monotonicMs } from '../history/events.ts'
import type { Site } from '../site/site.ts'
import { FAULTS, type FaultName } from './alphabet.ts'
import type { Begun, Fault, Target } from './fault.ts'

/** A fault that is on. */
export interface Injected {
  /** Heals it. Doing so again does nothing. */
  end: () => Promise<void>
}

const DEFAULT_TARGET: Target = { role: 'primary', app: 'app1' }

/** Begins a fault of the alphabet. */
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

/** Begins a fault and writes it down; whether it took effect is looked at before it is healed. */
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
      timeline.note(`HEALED ${name} at ${where} (${evidence ?? 'no effect was seen'})`)
      timeline.spans.push({
        fault: name,
        where,
        ofPrimary,
        fromMs,
        toMs: monotonicMs(),
        touched: [...touches],
        evidence: evidence ?? 'no effect was seen',
        confirmed: evidence !== null,
      })
    },
  }
}
