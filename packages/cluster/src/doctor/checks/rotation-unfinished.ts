import type { Check } from '../finding.ts'

export const rotationUnfinished: Check = {
  id: 'rotation-unfinished',
  severity: 'warning',
  title: 'A rotation of passwords has not ended',
  why: 'Old and new passwords are both valid, so nobody is refused; yet what was to be taken away still opens the door.',
  needs: [],
  check: ({ rotations: { passwords: rotation }, again }) => {
    if (rotation === null || rotation.isRunning || rotation.phase === 'wait') return []
    const { startedAt, users, undoing } = rotation
    const mend = undoing
      ? `holdfast rotate passwords --undo${again}`
      : `holdfast rotate passwords${again}\nTo go back instead:\nholdfast rotate passwords --undo${again}`
    return [
      {
        subject: 'the group',
        evidence: `That of ${users.join(', ')} began at ${startedAt}, and no process works on it.`,
        mend,
        fix: { kind: 'rotation' },
      },
    ]
  },
}
