import type { Check } from '../finding.ts'

export const keyringRotationUnfinished: Check = {
  id: 'keyring-rotation-unfinished',
  severity: 'warning',
  title: 'A rotation of the key ring has not ended',
  why: 'Nobody is logged out, and what either key seals can be read; yet the older key may go on sealing new sessions.',
  needs: [],
  check: ({ rotations: { keyring }, again }) => {
    if (keyring === null || keyring.isRunning || keyring.waits) return []
    return [
      {
        subject: 'the group',
        evidence: `It brings in the key ${keyring.next}, and no process works on it.`,
        mend: `holdfast rotate keyring${again}`,
      },
    ]
  },
}
