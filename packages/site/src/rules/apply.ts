import type { Finding, Problem } from '../file/finding.ts'
import type { JudgeGatewaySettings } from '../file/gateway-settings.ts'
import type { ParsedSite } from '../file/parse.ts'
import type { LocatedSecrets, RuleText } from './rule.ts'
import { SITE_RULES, VALUES_RULES } from './rules.ts'

/**
 * Returns every finding about a parsed file, ordered by line. Pure. A file whose form is wrong has no site, so the
 * rules about sites are skipped.
 * INV-SITE-4.
 */
export function applyRules(
  parsed: ParsedSite,
  secrets: readonly LocatedSecrets[],
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
