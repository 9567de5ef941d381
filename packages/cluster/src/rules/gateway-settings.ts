import { misplacedSettings } from '../site/gateway-settings.ts'
import type { Rule } from './rule.ts'
import { holdfast } from './sources.ts'

export const gatewaySettings: Rule = {
  id: 'gateway-settings',
  severity: 'error',
  summary: 'A setting under `gateway` cannot be used, or does not belong there.',
  why: 'Every gateway is given these settings. One that it does not know, or cannot use, keeps it from starting; and what Holdfast renders itself would have two sources.',
  fix: 'Correct the setting, or take it out. A password goes into a file on the hosts of the gateways, which the settings name.',
  source: holdfast('docs/gateway-operations.md'),
  *check({ gateway }, _secrets, judge) {
    if (gateway === undefined) return
    const misplaced = [...misplacedSettings(gateway)]
    // What is out of place is said once, and better.
    const found = misplaced.length > 0 ? misplaced : (judge?.(gateway) ?? [])
    for (const problem of found) yield { ...problem, path: ['gateway', ...problem.path] }
  },
}
