import type { Finding, Problem } from '../site/finding.ts'
import type { JudgeGatewaySettings } from '../site/gateway-settings.ts'
import type { ParsedSite } from '../site/parse.ts'
import type { PlacedSecrets, RuleText } from './rule.ts'
import { SITE_RULES, VALUES_RULES } from './rules.ts'

/**
 * Everything that is wrong with a file that was read, in the order of its lines. Pure. While the form of the file is
 * wrong there is no site, and the rules about sites wait.
 * INV-SITE-4.
 */
export function applyRules(
  parsed: ParsedSite,
  secrets: readonly PlacedSecrets[],
  judgeGateway?: JudgeGatewaySettings,
): Finding[] {
  const { site, values, source, findings } = parsed
  const locate = ({ id, severity }: RuleText, problems: Iterable<Problem>): Finding[] =>
    [...problems].map(({ path, message, atKey }) => ({
      rule: id,
      severity,
      message,
      path,
      ...source.locate(path, atKey),
    }))
  return [
    ...findings,
    ...VALUES_RULES.flatMap((rule) => locate(rule, rule.checkValues(values))),
    ...(site === null
      ? []
      : SITE_RULES.flatMap((rule) => locate(rule, rule.check(site, secrets, judgeGateway)))),
  ].sort((one, other) => one.line - other.line || one.column - other.column)
}
