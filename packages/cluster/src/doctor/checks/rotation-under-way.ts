import type { Check } from '../finding.ts'

export const rotationUnderWay: Check = {
  id: 'rotation-under-way',
  severity: 'info',
  title: 'A rotation of passwords is under way',
  why: 'Until it ends old and new passwords are both valid, and users have two.',
  needs: [],
  check: ({ rotations: { passwords: rotation }, again }) => {
    if (rotation === null || !(rotation.isRunning || rotation.phase === 'wait')) return []
    const { startedAt, users, isRunning } = rotation
    return [
      {
        subject: 'the group',
        evidence: `That of ${users.join(', ')} began at ${startedAt}${isRunning ? '.' : ', and waits for others to take the new ones.'}`,
        mend: isRunning
          ? 'Wait for its end.'
          : `When they have:\nholdfast rotate passwords --stage finish${again}\nTo go back:\nholdfast rotate passwords --undo${again}`,
      },
    ]
  },
}
