import { type CommandSpec, oneOf } from '../../command-line/command-spec.ts'
import { EXIT } from '../../command-line/exit-codes.ts'
import { JSON_OPTION, LOCATOR_OPTIONS } from '../../data-centre/options.ts'
import type { UpgradeCommandOptions } from './run.ts'

export const upgrade: CommandSpec<UpgradeCommandOptions> = {
  name: 'upgrade',
  summary: 'Restart every Redis and Sentinel without downtime',
  options: [
    { flags: '--only <kind>', summary: 'Only redis, or only sentinel', parse: oneOf('redis', 'sentinel') },
    { flags: '--host <host>', summary: 'Only this data host (name or address)' },
    { flags: '--restart-command <command>', summary: 'With --file: restarts one service' },
    JSON_OPTION,
    ...LOCATOR_OPTIONS,
  ],
  notes: [
    'Install the new version on all hosts first. Sentinels restart first, then replicas, then the old primary after a switchover. Each step waits until the group is healthy. Run an interrupted upgrade again: it continues.',
    'With --file and without --restart-command, it prints which service to restart and waits.',
  ],
  examples: [
    'holdfast upgrade',
    "holdfast upgrade --file holdfast.yaml \\\n    --restart-command 'ssh {host} systemctl restart {unit}'",
  ],
  exits: [EXIT.notRunning, EXIT.interrupted],
  load: async () => (await import('./run.ts')).upgrade,
}
