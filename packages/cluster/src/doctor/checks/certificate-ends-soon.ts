import type { Check } from '../finding.ts'

export const certificateEndsSoon: Check = {
  id: 'certificate-ends-soon',
  severity: 'warning',
  title: 'A certificate ends soon',
  why: 'From its last day on nobody can connect to this process any more, and no failover mends that.',
  needs: ['certificates'],
  check: ({ certificates, topology: { rotation }, supervisor, again }) =>
    certificates
      .filter(({ daysLeft }) => daysLeft < rotation.certificateDaysLeft)
      .map(({ name, daysLeft }) => ({
        subject: name,
        evidence:
          daysLeft < 0
            ? `What it shows has ended ${-daysLeft} days ago.`
            : `What it shows lasts ${daysLeft} days; ${rotation.certificateDaysLeft} are the limit.`,
        mend:
          supervisor === 'none'
            ? `holdfast rotate certificates${again}\nThose of stunnel: with --site instead of --file it says how.`
            : `holdfast rotate certificates${again}`,
      })),
}
