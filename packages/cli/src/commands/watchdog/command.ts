import type { CommandSpec } from '../../command-line/command-spec.ts'
import { HOST_CONFIG_OPTION } from '../guard/command.ts'
import type { WatchdogOptions } from './run.ts'

/** The systemd unit of a host runs it beside Redis. */
export const watchdog: CommandSpec<WatchdogOptions> = {
  name: 'watchdog',
  summary: 'Request a failover when the local primary dies',
  options: [HOST_CONFIG_OPTION],
  load: async () => (await import('./run.ts')).watchdog,
}
