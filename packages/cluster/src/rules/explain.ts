import { InvalidOptionError } from '@holdfast/tokens/errors'
import { suggest } from '../site/suggest.ts'
import type { RuleText } from './rule.ts'
import { RULES } from './rules.ts'

/** What a rule asks for, why, and what to do. Throws `INVALID_OPTION` when there is no such rule. */
export function explainRule(id: string): RuleText {
  const rule = RULES.find((known) => known.id === id)
  if (rule !== undefined) return rule
  const meant = suggest(
    id,
    RULES.map((known) => known.id),
  )
  const hint = meant === null ? 'All of them are in docs/rules.md.' : `Did you mean ${meant}?`
  throw new InvalidOptionError(`There is no rule "${id}". ${hint}`)
}
