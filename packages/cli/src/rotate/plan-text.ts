import { paint } from '../terminal/paint.ts'
import { paragraph } from '../terminal/wrap.ts'

/** What would be done, a numbered line a step. */
export function planText(steps: readonly string[]): string {
  const lines = steps.map(
    (step, index) => `  ${paint.faint(`${index + 1}.`)} ${paragraph(step, 5).trimStart()}`,
  )
  return [...lines, '', paint.faint('  Nothing was changed.')].join('\n')
}
