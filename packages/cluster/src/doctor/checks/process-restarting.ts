import type { Check } from '../finding.ts'
import { processState } from './processes.ts'

export const processRestarting: Check = {
  id: 'process-restarting',
  severity: 'error',
  title: 'A process ends and is started again',
  why: 'It does no work meanwhile, and its log says why it ends.',
  needs: ['this machine', 'supervisor'],
  check: (snapshot) =>
    snapshot.processes
      .filter(({ name }) => ['backoff', 'starting'].includes(processState(snapshot, name) ?? ''))
      .map(({ name, restarts }) => ({
        subject: name,
        evidence: `It is not up now, and was started again ${restarts} times.`,
        mend: `Look into the file "log" in the folder of ${name}: its last lines say why it ended.`,
      })),
}
