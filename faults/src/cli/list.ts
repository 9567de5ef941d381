import { CASES } from '../cases/cases.ts'
import { FAULTS } from '../faults/catalog.ts'

/** Lists the faults of the seeded schedules, and the scripted cases. */
export function listText(): string {
  const width = Math.max(
    ...[...Object.keys(FAULTS), ...CASES.map(({ name }) => name)].map((name) => name.length),
  )
  const line = (name: string, summary: string) => `  ${name.padEnd(width)}  ${summary}`
  return [
    'Faults of the seeded schedules:',
    ...Object.entries(FAULTS).map(([name, { summary }]) => line(name, summary)),
    '',
    'Scripted cases (in brackets: the controls that must turn red):',
    ...CASES.map(({ name, summary, failingControls }) =>
      line(name, failingControls.length === 0 ? summary : `${summary} (${failingControls.join(', ')})`),
    ),
    '',
  ].join('\n')
}
