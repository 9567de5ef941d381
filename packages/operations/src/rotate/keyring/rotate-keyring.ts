import { inTurn } from '@holdfast/local/state/lock'
import { type AnyDataCentre, type DataCentrePlace, openDataCentre } from '../../data-centre/open.ts'
import { runRotation } from '../engine.ts'
import type { KeyringChoices, KeyringOptions, KeyringReport } from './choices.ts'
import { KeyringRotation } from './steps.ts'

export type RotateKeyringOptions = DataCentrePlace & KeyringOptions

/**
 * Brings a new sealing key into the key ring of a data centre, in two phases: every gateway knows it before any seals with
 * it, so that each can read what another has sealed. No user is logged out: tokens are verified without the ring, and the
 * older key stays until no live session needs it. After a kill at any point the next run resumes.
 *
 * For a data centre that is described by a file, `deliverCommand` brings the ring to the hosts. Without it the rotation
 * stops each time that people have to bring it, and lists in `hosts` what goes where. Either way it goes on only when every
 * gateway shows that it uses what was brought.
 *
 * Throws `NOT_SAFE` with the reason, before anything is changed; `ROTATION_STOPPED` or `ROTATION_ABORTED` once it has begun;
 * `BUSY`; and as `openDataCentre`.
 */
export async function rotateKeyring(options: RotateKeyringOptions): Promise<KeyringReport> {
  const open = () => openDataCentre(options)
  return inTurn(open, 'rotation of the key ring', (dataCentre) => rotateKeyringLocked(dataCentre, options))
}

/** The same for a caller that holds the lock, and has opened the data centre since. */
export async function rotateKeyringLocked(
  dataCentre: AnyDataCentre,
  options: KeyringOptions,
): Promise<KeyringReport> {
  return runRotation(await KeyringRotation.open(dataCentre, options))
}

/**
 * What `rotateKeyring` would do now, one sentence per step. Changes nothing. Throws `NOT_SAFE` for options that contradict
 * the state of the rotation; `STATE_UNUSABLE`; and as `openDataCentre`.
 */
export async function planKeyringRotation(options: DataCentrePlace & KeyringChoices): Promise<string[]> {
  return (await KeyringRotation.open(await openDataCentre(options), options)).plan()
}
