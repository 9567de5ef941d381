import type { CommandSpec } from '../../command-line/command-spec.ts'
import { JSON_OPTION } from '../../data-centre/options.ts'
import type { AdminTokenOptions } from './run.ts'

export const adminToken: CommandSpec<AdminTokenOptions> = {
  name: 'admin token',
  summary: 'Create a token for the admin API',
  options: [JSON_OPTION],
  notes: ['The token is printed once and stored nowhere. The gateway configuration holds only its hash.'],
  load: async () => (await import('./run.ts')).adminToken,
}
