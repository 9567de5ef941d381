import type { Check } from '../finding.ts'
import { processState } from './processes.ts'

export const processHeld: Check = {
  id: 'process-held',
  severity: 'error',
  title: 'A Redis is held back',
  why: 'With the files that it has it would lose data, or empty the others.',
  needs: ['this machine', 'supervisor'],
  check: (snapshot) =>
    snapshot.processes
      .filter(({ name }) => processState(snapshot, name) === 'held')
      .map(({ name, heldBecause }) => ({
        subject: name,
        evidence: heldBecause ?? 'The supervisor does not say why.',
        mend: `This shows whether the others are up; one of them is promoted then:\nholdfast status${snapshot.again}\nIf none has data, put a backup back.`,
      })),
}
