import type { CommandSpec } from '../../command-line/command-spec.ts'
import { JSON_OPTION, SITE_FILE } from '../../data-centre/options.ts'
import type { CheckOptions } from './run.ts'

export const check: CommandSpec<CheckOptions> = {
  name: 'check',
  summary: 'Check a holdfast.yaml against every rule',
  argument: { name: 'file', summary: 'Description of data centres', default: SITE_FILE },
  options: [
    { flags: '--explain <rule>', summary: 'Explain a rule and check nothing' },
    { flags: '--strict', summary: 'Fail on warnings too' },
    JSON_OPTION,
    { flags: '--sarif', summary: 'Print the result as SARIF 2.1.0, for code hosts and editors' },
  ],
  notes: ['Exit code 1 means that the file has errors, or with --strict warnings; 2 that it cannot be read.'],
  examples: ['holdfast check --strict', 'holdfast check --explain three-redis'],
  load: async () => (await import('./run.ts')).check,
}
