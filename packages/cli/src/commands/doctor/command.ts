import type { CommandSpec } from '../../command-line/command-spec.ts'
import { EXIT } from '../../command-line/exit-codes.ts'
import { JSON_OPTION, LOCATOR_OPTIONS } from '../../data-centre/options.ts'
import type { DoctorOptions } from './run.ts'

export const doctor: CommandSpec<DoctorOptions> = {
  name: 'doctor',
  summary: 'Find problems and how to fix them',
  options: [{ flags: '--fix', summary: 'Fix what is safe to fix now' }, JSON_OPTION, ...LOCATOR_OPTIONS],
  notes: ['Without --fix it changes nothing. --fix works only on processes that Holdfast has set up.'],
  examples: ['holdfast doctor', 'holdfast doctor --file holdfast.yaml --data-centre dc1 --fix'],
  exits: [EXIT.notRunning, EXIT.warnings, EXIT.notExamined, EXIT.interrupted],
  load: async () => (await import('./run.ts')).doctor,
}
