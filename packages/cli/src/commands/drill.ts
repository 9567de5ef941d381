import { REHEARSED_IDS } from '@holdfast/cluster/words'
import { type CommandSpec, list, wholeNumber } from '../command.ts'
import { FAULT_SPECS } from '../drill/options.ts'
import type { DrillCommandOptions } from '../handlers/drill.ts'
import { JSON_OPTION, LOCATE_OPTIONS } from './locate.ts'

export const drill: CommandSpec<DrillCommandOptions> = {
  name: 'drill',
  summary: 'do a running data centre harm while users work, and report what they noticed',
  options: [
    ...FAULT_SPECS,
    { flags: '--for <ms>', summary: 'how long the fault lasts', parse: wholeNumber(100, 120_000) },
    { flags: '--all', summary: `a rehearsal: every fault, one after the other (${REHEARSED_IDS.length})` },
    { flags: '--only <faults>', summary: 'only these of --all, separated by commas', parse: list },
    { flags: '--except <faults>', summary: 'all but these', parse: list },
    { flags: '--repeat <times>', summary: 'the same drill so many times', parse: wholeNumber(1, 1000) },
    { flags: '--slo <file>', summary: 'what must hold, as YAML or JSON (see docs/drill.md)' },
    { flags: '--report <file>', summary: 'write a report as one HTML file' },
    {
      flags: '--users <number>',
      summary: 'users who log in first (default: 200)',
      parse: wholeNumber(1, 5000),
    },
    {
      flags: '--rate <number>',
      summary: 'verifications a second (default: 300)',
      parse: wholeNumber(1, 2000),
    },
    {
      flags: '--logins <number>',
      summary: 'logins a second while it happens (default: 3)',
      parse: wholeNumber(1, 50),
    },
    ...LOCATE_OPTIONS,
    JSON_OPTION,
  ],
  notes: [
    `Faults of --all: ${REHEARSED_IDS.join(', ')}.`,
    'Exit code 0 only when every objective was met and the run proved it; 1 otherwise.',
  ],
  load: async () => (await import('../handlers/drill.ts')).drill,
}
