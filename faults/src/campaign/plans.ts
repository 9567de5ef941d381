import type { FaultCase } from '../cases/case.ts'
import { BRIEF_CASES, CASES, findCase, planCase } from '../cases/cases.ts'
import type { Arguments } from '../cli/arguments.ts'
import { planSeed } from '../schedule/generate.ts'
import type { RunPlan } from '../schedule/plan.ts'
import { controlsOf, isKeySystem } from '../systems/system.ts'

/** One seed in this many is also run with the controls. */
const SAMPLE = 20

function isChosen(known: FaultCase, { cases, system }: Pick<Arguments, 'cases' | 'system'>): boolean {
  if (known === findCase(cases)) return true
  if (known.ofLoginsOnly === true && isKeySystem(system)) return false
  return cases === 'all' || (cases === 'brief' && BRIEF_CASES.includes(known.name))
}

/**
 * All runs that the command line requests. Seeds come first, because they take longest and would otherwise delay the
 * end.
 */
export function plansOf({ cases, seeds, firstSeed, system, controls }: Arguments): RunPlan[] {
  const chosen = CASES.filter((known) => isChosen(known, { cases, system }))
  const plans: RunPlan[] = []
  const others = controls ? controlsOf(system) : []
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    plans.push(planSeed(seed, system))
    if (seed % SAMPLE === 0) plans.push(...others.map((control) => planSeed(seed, control)))
  }
  for (const scripted of chosen) {
    plans.push(planCase(scripted, system))
    plans.push(...others.map((control) => planCase(scripted, control)))
  }
  return plans
}
