import { isExpected, outcomeOf } from '../campaign/result.ts'
import type { StoredResult } from '../campaign/results-file.ts'
import { ms } from './table.ts'

/** The runs whose result was not the required one. `commands` are what the servers of these runs answer. */
export function failures(results: readonly StoredResult[], commands: 'verifications' | 'commands'): string {
  const lines = results
    .filter((result) => !isExpected(result))
    .map((result) => {
      const { plan, broken, vacuous, violations, failedVerifications, longestStallMs, revision } = result
      const unanswered =
        failedVerifications === 0
          ? 'A control stayed green.'
          : `${failedVerifications} ${commands} had no answer; the servers themselves stalled for up to ${ms(longestStallMs)} ms.`
      const what = broken?.split('\n')[0] ?? violations[0]?.message ?? vacuous[0] ?? unanswered
      const more = violations.length > 1 ? ` There are ${violations.length - 1} more violations.` : ''
      return `- ${plan.name}${plan.system === 'holdfast' ? '' : ` @ ${plan.system}`} (${outcomeOf(result)}, ${revision}): ${what}${more}`
    })
  return lines.length === 0 ? 'None.' : lines.join('\n')
}
