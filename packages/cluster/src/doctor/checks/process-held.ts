import type { Check } from '../finding.ts'
import { processState } from './processes.ts'

export const processHeld: Check = {
  id: 'process-held',
  severity: 'error',
  title: 'A Redis has lost its data and is held back',
  why: 'As a primary it would empty the others. It starts as soon as another Redis is the primary.',
  check: (snapshot) =>
    snapshot.processes
      .filter(({ name }) => processState(snapshot, name) === 'held')
      .map(({ name }) => ({
        subject: name,
        evidence:
          'Its data folder holds no data set with the mark, and the Sentinels name it as the primary.',
        mend: `This shows whether the others are up; one of them is promoted then:\nholdfast status${snapshot.again}\nIf none has data, put a backup back.`,
      })),
}
