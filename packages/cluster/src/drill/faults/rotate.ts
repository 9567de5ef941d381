import { rotateCertificatesLocked } from '../../operate/rotate/certificates/rotate-certificates.ts'
import { rotateKeyringLocked } from '../../operate/rotate/keyring/rotate-keyring.ts'
import { rotatePasswordsLocked } from '../../operate/rotate/passwords/rotate-passwords.ts'
import type { LocalDataCentre } from '../../state/open.ts'
import { operation } from './operation.ts'
import type { FaultTarget } from './plan.ts'

/** Each Sentinel is waited for, and each gateway, when an unlucky one is slow (in milliseconds). */
const LIMIT_MS = 180_000

interface Rotation {
  text: string
  done: string
  run(local: LocalDataCentre): Promise<unknown>
  /** Whose connections must outlive it. */
  keeps: readonly ('redis' | 'sentinel')[]
}

const ROTATIONS = {
  passwords: {
    text: 'give every user of Redis and Sentinel a new password',
    done: 'every user of Redis and Sentinel got a new password.',
    run: (local) => rotatePasswordsLocked(local, {}),
    keeps: ['redis', 'sentinel'],
  },
  certificates: {
    text: 'give every process a new certificate',
    done: 'every process got a new certificate.',
    run: (local) => rotateCertificatesLocked(local, {}),
    // A Sentinel takes a new one by being started again.
    keeps: ['redis'],
  },
  keyring: {
    text: 'bring in a new sealing key',
    done: 'a new sealing key was brought in.',
    run: (local) => rotateKeyringLocked(local, {}),
    keeps: ['redis', 'sentinel'],
  },
} as const satisfies Partial<Record<FaultTarget, Rotation>>

/** No fault, but what users must not notice either: new secrets, for which no connection of an application may end. */
export const rotate = operation({
  action: 'rotate',
  text: ({ target }) => rotationOf(target).text,
  done: ({ target }) => rotationOf(target).done,
  changesPrimary: false,
  limitMs: LIMIT_MS,
  async run({ tools, target }) {
    const { run, keeps } = rotationOf(target)
    const before = await tools.connections(keeps)
    await run(tools.dataCentre)
    await tools.renew()
    const after = await tools.connections(keeps)
    return { before: before.size, ended: [...before].filter((one) => !after.has(one)).length }
  },
})

const rotationOf = (target: FaultTarget): Rotation => ROTATIONS[target as keyof typeof ROTATIONS]
