import type { Severity } from '../file/finding.ts'
import type { RuleText } from '../rules/rule.ts'
import { RULES } from '../rules/rules.ts'
import type { CheckedSite } from './check-site.ts'

/**
 * Formats the findings as a SARIF 2.1.0 log, which code hosts and editors show beside the lines. Pure.
 * https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function sarifOf({ file, findings }: CheckedSite, version: string): object {
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'holdfast', semanticVersion: version, rules: RULES.map(ruleOf) } },
        columnKind: 'utf16CodeUnits',
        results: findings.map(({ rule, severity, message, line, column, endColumn }) => ({
          ruleId: rule,
          ruleIndex: RULES.findIndex(({ id }) => id === rule),
          level: LEVELS[severity],
          message: { text: message },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: file.split(/[\\/]/).map(encodeURIComponent).join('/') },
                region: { startLine: line, startColumn: column, endColumn },
              },
            },
          ],
        })),
      },
    ],
  }
}

const LEVELS: Record<Severity, string> = { error: 'error', warning: 'warning', info: 'note' }

const ruleOf = ({ id, severity, summary, why, fix, source }: RuleText) => ({
  id,
  shortDescription: { text: summary },
  fullDescription: { text: why },
  help: { text: `${fix}\nSource: ${source.title}` },
  ...(source.url === undefined ? {} : { helpUri: source.url }),
  defaultConfiguration: { level: LEVELS[severity] },
})
