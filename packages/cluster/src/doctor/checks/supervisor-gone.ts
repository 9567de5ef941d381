import type { Check } from '../finding.ts'

export const supervisorGone: Check = {
  id: 'supervisor-gone',
  severity: 'error',
  title: 'No supervisor watches the processes',
  why: 'What ends now is not started again, and a killed primary waits for the Sentinels instead of the watchdog.',
  needs: ['this machine'],
  check: ({ supervisor, again }) => {
    if (supervisor === 'running' || supervisor === 'none') return []
    const evidence =
      supervisor === 'hung'
        ? 'Its process exists and does not answer its control socket.'
        : 'There is no such process.'
    return [
      {
        subject: 'the supervisor',
        evidence,
        mend: `Logins wait for some seconds meanwhile:\nholdfast down${again} && holdfast up --detach${again}`,
      },
    ]
  },
}
