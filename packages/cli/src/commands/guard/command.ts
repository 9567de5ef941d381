import type { CommandSpec, OptionSpec } from '../../command-line/command-spec.ts'
import type { GuardOptions } from './run.ts'

export const HOST_CONFIG_OPTION: OptionSpec = {
  flags: '--config <file>',
  summary: 'host.json, as `holdfast render` writes it',
  required: true,
}

/** The systemd unit of a host runs it before Redis. */
export const guard: CommandSpec<GuardOptions> = {
  name: 'guard',
  summary: 'Wait until the Redis of this host may start',
  options: [
    HOST_CONFIG_OPTION,
    {
      flags: '--write <file>',
      summary: 'File for HOLDFAST_START, the start role',
      required: true,
    },
    { flags: '--boot-id <id>', summary: 'Id of this boot of the machine (default: the kernel id)' },
  ],
  load: async () => (await import('./run.ts')).guard,
}
