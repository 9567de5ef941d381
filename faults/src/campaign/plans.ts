import { CASES, findCase, planCase } from '../cases/cases.ts'
import type { Arguments } from '../cli/arguments.ts'
import { planSeed } from '../schedule/generate.ts'
import type { RunPlan } from '../schedule/plan.ts'
import type { SystemName } from '../systems/system.ts'

const CONTROLS: readonly SystemName[] = ['plain-wait', 'connect-redis']
/** Every so many seeds one is also played with the controls. */
const SAMPLE = 20

/** All runs that the command line asks for, in order. */
export function plansOf({ cases, seeds, firstSeed, system, controls }: Arguments): RunPlan[] {
  const chosen = cases === 'all' ? CASES : CASES.filter((known) => known === findCase(cases))
  const plans: RunPlan[] = []
  for (const scripted of chosen) {
    plans.push(planCase(scripted, system))
    if (controls) plans.push(...CONTROLS.map((control) => planCase(scripted, control)))
  }
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    plans.push(planSeed(seed, system))
    if (controls && seed % SAMPLE === 0) plans.push(...CONTROLS.map((control) => planSeed(seed, control)))
  }
  return plans
}
