import type { Check } from '../finding.ts'

export const keyringRotationWaits: Check = {
  id: 'keyring-rotation-waits',
  severity: 'info',
  title: 'A rotation of the key ring waits for others',
  why: 'The older key seals new sessions until every application that has a copy of the ring knows the new one.',
  needs: [],
  check: ({ rotations: { keyring }, again }) => {
    if (keyring === null || keyring.isRunning || !keyring.waits) return []
    return [
      {
        subject: 'the group',
        evidence: `It brings in the key ${keyring.next}, and stopped for others to take the ring.`,
        mend: `When all have it:\nholdfast rotate keyring --stage finish${again}`,
      },
    ]
  },
}
