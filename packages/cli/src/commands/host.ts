import type { CommandSpec, OptionSpec } from '../command.ts'
import type { GuardOptions, WatchdogOptions } from '../handlers/host.ts'

const CONFIG_OPTION: OptionSpec = {
  flags: '--config <file>',
  summary: 'host.json, as `holdfast render` writes it',
  required: true,
}

/** What systemd starts before a Redis of a real host. */
export const guard: CommandSpec<GuardOptions> = {
  name: 'guard',
  summary: 'wait until the Redis of this host may start, and say as what (for its systemd unit)',
  options: [
    CONFIG_OPTION,
    { flags: '--write <file>', summary: 'where HOLDFAST_START is written', required: true },
    { flags: '--boot-id <id>', summary: 'identifies this boot of the machine (default: ask the kernel)' },
  ],
  load: async () => (await import('../handlers/host.ts')).guard,
}

/** What systemd keeps running beside a Redis of a real host. */
export const watchdog: CommandSpec<WatchdogOptions> = {
  name: 'watchdog',
  summary: 'ask for a failover as soon as the Redis of this host ends while primary (for its systemd unit)',
  options: [CONFIG_OPTION],
  load: async () => (await import('../handlers/host.ts')).watchdog,
}
