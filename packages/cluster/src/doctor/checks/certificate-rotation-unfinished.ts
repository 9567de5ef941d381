import type { Check } from '../finding.ts'

const command = 'holdfast rotate certificates'

export const certificateRotationUnfinished: Check = {
  id: 'certificate-rotation-unfinished',
  severity: 'warning',
  title: 'A rotation of certificates has not ended',
  why: 'Old and new ones believe each other, so nobody is refused; yet some processes may show the old ones until those end.',
  needs: [],
  check: ({ rotations: { certificates }, supervisor, again }) => {
    if (certificates === null || certificates.isRunning) return []
    return [
      {
        subject: 'the group',
        evidence: `It has issued those of ${certificates.issued.join(', ')}, and no process works on it.`,
        mend:
          supervisor === 'none'
            ? `${command}${again}\nWhere people bring them to the hosts, when they are there:\n${command} --stage finish${again}`
            : `${command}${again}`,
      },
    ]
  },
}
