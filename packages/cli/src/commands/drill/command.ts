import { REHEARSED_IDS } from '@holdfast/drill/rehearsal/list'
import { type CommandSpec, list, wholeNumber } from '../../command-line/command-spec.ts'
import { EXIT } from '../../command-line/exit-codes.ts'
import { JSON_OPTION, LOCAL_OPTIONS } from '../../data-centre/options.ts'
import { FAULT_OPTIONS } from './faults.ts'
import type { DrillCommandOptions } from './run.ts'

export const drill: CommandSpec<DrillCommandOptions> = {
  name: 'drill',
  summary: 'Inject a fault under load, report what users notice',
  options: [
    ...FAULT_OPTIONS,
    { flags: '--duration <ms>', summary: 'How long the fault lasts', parse: wholeNumber(100, 120_000) },
    { flags: '--all', summary: `Rehearsal: run all ${REHEARSED_IDS.length} faults in turn` },
    { flags: '--only <faults>', summary: 'Rehearse only these faults, by id', parse: list },
    { flags: '--except <faults>', summary: 'Rehearse all faults but these', parse: list },
    { flags: '--repeat <times>', summary: 'Run the same drill several times', parse: wholeNumber(1, 1000) },
    { flags: '--slo <file>', summary: 'Objectives to meet (see docs/drill.md)' },
    { flags: '--report <file>', summary: 'Also write the report as one HTML file' },
    {
      flags: '--users <number>',
      summary: 'Users to log in first (default: 200)',
      parse: wholeNumber(1, 5000),
    },
    {
      flags: '--rate <number>',
      summary: 'Verifications per second (default: 300)',
      parse: wholeNumber(1, 2000),
    },
    { flags: '--logins <number>', summary: 'Logins per second (default: 3)', parse: wholeNumber(1, 50) },
    { flags: '--redis', summary: 'Also run Redis clients through the Redis proxy' },
    JSON_OPTION,
    ...LOCAL_OPTIONS,
  ],
  notes: ['Exit code 1 also means a missed objective. --all prints the id of each fault.'],
  exits: [EXIT.notRunning, EXIT.interrupted],
  load: async () => (await import('./run.ts')).drill,
}
