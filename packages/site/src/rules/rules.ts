import { InvalidOptionError } from '@holdfast/tokens/errors'
import { suggest } from '../file/suggest.ts'
import { addressRules } from './addresses.ts'
import { dataCentreRules } from './data-centres.ts'
import { fileFormRules, fileValuesRules } from './file-form.ts'
import { gatewayRules } from './gateways.ts'
import { groupLayoutRules } from './group-layout.ts'
import { nameRules } from './names.ts'
import { neighbourRules } from './neighbours.ts'
import { proxyRules } from './proxies.ts'
import { redisRules } from './redis.ts'
import type { Rule, RuleText, ValuesRule } from './rule.ts'
import { secretRules } from './secrets.ts'
import { timingRules } from './timings.ts'
import { transportRules } from './transport.ts'

export const VALUES_RULES: readonly ValuesRule[] = fileValuesRules

export const SITE_RULES: readonly Rule[] = [
  ...groupLayoutRules,
  ...neighbourRules,
  ...gatewayRules,
  ...proxyRules,
  ...dataCentreRules,
  ...addressRules,
  ...nameRules,
  ...transportRules,
  ...timingRules,
  ...redisRules,
  ...secretRules,
]

/** Every rule, in the order of the documentation. INV-SITE-3. */
export const RULES: readonly RuleText[] = [...fileFormRules, ...VALUES_RULES, ...SITE_RULES]

/** Returns the documentation of a rule. Throws `INVALID_OPTION` if no rule has this id. */
export function explainRule(id: string): RuleText {
  const rule = RULES.find((known) => known.id === id)
  if (rule !== undefined) return rule
  const meant = suggest(
    id,
    RULES.map((known) => known.id),
  )
  const hint = meant === null ? 'docs/rules.md lists all rules.' : `Did you mean ${meant}?`
  throw new InvalidOptionError(`No rule has the id "${id}". ${hint}`)
}
