import { findCase } from '../cases/cases.ts'
import { isRed, outcomeOf, type RunResult } from './result.ts'

/** Whether a run had the required result: the product green, the controls red on the cases that are made for them. */
export function isExpected(result: RunResult): boolean {
  if (result.broken !== null) return false
  const { plan } = result
  const scripted = plan.scripted === null ? null : findCase(plan.scripted)
  if (plan.system === 'holdfast') return scripted?.mustLose ? isRed(result) : outcomeOf(result) === 'green'
  return scripted?.madeFor.includes(plan.system) ? isRed(result) : true
}
