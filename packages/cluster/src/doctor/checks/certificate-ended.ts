import type { Check } from '../finding.ts'
import { newCertificates } from './processes.ts'

export const certificateEnded: Check = {
  id: 'certificate-ended',
  severity: 'error',
  title: 'A certificate has ended',
  why: 'No new connection to this process, or of it, is accepted. Those that are open go on, so the harm grows with each restart.',
  needs: ['certificates'],
  check: (snapshot) =>
    snapshot.certificates
      .filter(({ daysLeft }) => daysLeft < 0)
      .map(({ name, daysLeft }) => ({
        subject: name,
        evidence: `What it shows ended ${daysLeft === -1 ? 'less than a day' : `${-daysLeft - 1} days`} ago.`,
        mend: newCertificates(snapshot),
      })),
}
