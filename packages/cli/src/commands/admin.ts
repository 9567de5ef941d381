import type { CommandSpec } from '../command.ts'
import type { AdminTokenOptions } from '../handlers/admin.ts'
import { JSON_OPTION } from './locate.ts'

export const adminToken: CommandSpec<AdminTokenOptions> = {
  name: 'admin token',
  summary: 'make a token for the admin API of the gateways',
  options: [JSON_OPTION],
  notes: ['The token is shown once and kept nowhere. The configuration of the gateway holds its hash alone.'],
  load: async () => (await import('../handlers/admin.ts')).adminToken,
}
