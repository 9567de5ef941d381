import { type CommandSpec, oneOf } from '../command.ts'
import type { UpgradeCommandOptions } from '../handlers/upgrade.ts'
import { JSON_OPTION, PLACE_OPTIONS } from './locate.ts'

export const upgrade: CommandSpec<UpgradeCommandOptions> = {
  name: 'upgrade',
  summary: 'restart all Redis and Sentinels one by one, for a new program or settings; nobody notices',
  options: [
    { flags: '--only <kind>', summary: 'only the redis, or the sentinel', parse: oneOf('redis', 'sentinel') },
    { flags: '--host <host>', summary: 'only what runs on this data host (its name or address)' },
    {
      flags: '--restart-command <command>',
      summary: "with --file: restarts one service, such as 'ssh {host} systemctl restart {unit}'",
    },
    ...PLACE_OPTIONS,
    JSON_OPTION,
  ],
  notes: [
    'Sentinels first, then replicas, then a switchover and the old primary: each next one only when the data centre is',
    'whole again. Install the new program on all hosts before. Interrupted, even killed, it goes on when it is run again.',
    'With --file and without --restart-command it says which service to restart where, and waits for that.',
  ],
  load: async () => (await import('../handlers/upgrade.ts')).upgrade,
}
