import type { Check } from '../finding.ts'
import { newCertificates } from './processes.ts'

export const certificateEndsSoon: Check = {
  id: 'certificate-ends-soon',
  severity: 'warning',
  title: 'A certificate ends soon',
  why: 'From its last day on nobody can connect to this process any more, and no failover mends that.',
  needs: ['certificates'],
  check: (snapshot) => {
    const { certificateDaysLeft } = snapshot.topology.rotation
    return snapshot.certificates
      .filter(({ daysLeft }) => daysLeft >= 0 && daysLeft < certificateDaysLeft)
      .map(({ name, daysLeft }) => ({
        subject: name,
        evidence: `What it shows lasts ${daysLeft} days; ${certificateDaysLeft} are the limit.`,
        mend: newCertificates(snapshot),
      }))
  },
}
