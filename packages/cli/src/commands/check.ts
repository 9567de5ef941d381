import type { CommandSpec } from '../command.ts'
import type { CheckOptions } from '../handlers/check.ts'
import { JSON_OPTION, SITE_FILE } from './locate.ts'

export const check: CommandSpec<CheckOptions> = {
  name: 'check',
  summary: 'check a description of data centres by every rule, and tell why',
  argument: { name: 'file', summary: 'the description', default: SITE_FILE },
  options: [
    { flags: '--explain <rule>', summary: 'tell what a rule asks for, why, and what to do; checks nothing' },
    { flags: '--strict', summary: 'fail for warnings, too' },
    JSON_OPTION,
    { flags: '--sarif', summary: 'print the result as SARIF 2.1.0, for code hosts and editors' },
  ],
  notes: ['Exit code 0 without errors (with --strict: and without warnings), 1 with some, 2 without a file.'],
  load: async () => (await import('../handlers/check.ts')).check,
}
