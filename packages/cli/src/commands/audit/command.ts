import { type CommandSpec, list } from '../../command-line/command-spec.ts'
import { JSON_OPTION } from '../../data-centre/options.ts'
import type { AuditVerifyOptions } from './run.ts'

export const auditVerify: CommandSpec<AuditVerifyOptions> = {
  name: 'audit verify',
  summary: 'Verify that an audit log is complete and unchanged',
  argument: { name: 'files', summary: 'Log files, oldest first; `-` reads standard input' },
  variadic: true,
  options: [
    { flags: '--expect <hashes>', summary: 'Hashes that an earlier check printed', parse: list },
    JSON_OPTION,
  ],
  notes: [
    'Lines that are cut off at the end leave no trace in the log. Keep the last hash on another machine, and pass it to the next check with --expect. Rotated files may be compressed (.gz).',
  ],
  examples: ['holdfast audit verify audit.log.1.gz audit.log'],
  load: async () => (await import('./run.ts')).auditVerify,
}
