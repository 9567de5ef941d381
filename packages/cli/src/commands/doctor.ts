import type { CommandSpec } from '../command.ts'
import type { DoctorOptions } from '../handlers/doctor.ts'
import { JSON_OPTION, PLACE_OPTIONS } from './locate.ts'

export const doctor: CommandSpec<DoctorOptions> = {
  name: 'doctor',
  summary: 'look for everything that is wrong, or would be in the next fault, and how to mend it',
  options: [
    { flags: '--fix', summary: 'mend what does no harm now, on a set that Holdfast has set up' },
    ...PLACE_OPTIONS,
    JSON_OPTION,
  ],
  notes: [
    'Without --fix it changes nothing. Exit code 0 when all is well, 1 when something is wrong, 3 when nothing runs,',
    '4 when there are only warnings, 5 when nothing is wrong where it could look, and it could not look everywhere.',
  ],
  load: async () => (await import('../handlers/doctor.ts')).doctor,
}
