import { type CommandSpec, list } from '../command.ts'
import type { AuditVerifyOptions } from '../handlers/audit.ts'
import { JSON_OPTION } from './locate.ts'

export const auditVerify: CommandSpec<AuditVerifyOptions> = {
  name: 'audit verify',
  summary: 'check that no line of an audit log was changed, moved, left out or cut',
  argument: { name: 'files', summary: 'from the oldest to the newest; `-` is standard input' },
  variadic: true,
  options: [
    {
      flags: '--expect <hashes>',
      summary: 'hashes that must be among its lines: those that an earlier check printed',
      parse: list,
    },
    JSON_OPTION,
  ],
  notes: [
    'Lines cut off at the end leave no trace in the log itself. Keep the last hash that this prints on another',
    'machine, and give it as --expect the next time. Rotated files may be compressed (.gz).',
  ],
  load: async () => (await import('../handlers/audit.ts')).auditVerify,
}
