import { inTurn } from '@holdfast/local/state/lock'
import { type AnyDataCentre, type DataCentrePlace, openDataCentre } from '../../data-centre/open.ts'
import { runRotation } from '../engine.ts'
import type { PasswordChoices, PasswordOptions, PasswordsReport } from './choices.ts'
import { PasswordRotation } from './steps.ts'

export type RotatePasswordsOptions = DataCentrePlace & PasswordOptions

/**
 * Gives the users of every Redis and Sentinel new passwords while all of them keep running. Both passwords are valid for a
 * time: Holdfast adds the new ones everywhere, moves every consumer, proves each new one on each process, and only then
 * removes the old ones. No connection of an application ends. After a kill at any point every login still succeeds, and
 * the next run resumes.
 *
 * For a data centre that is described by a file, Redis and Sentinels get theirs over the network and write their own files.
 * `deliverCommand` brings the files of its hosts; without it the rotation stops at the end of the stage `begin`, and
 * `hosts` lists what to bring where, until `finish`.
 *
 * Throws `NOT_SAFE` with the reason, before anything is changed; `ROTATION_STOPPED` or `ROTATION_ABORTED` once it has
 * begun, with the command that resumes or undoes it; `BUSY`; and as `openDataCentre`.
 */
export async function rotatePasswords(options: RotatePasswordsOptions): Promise<PasswordsReport> {
  const open = () => openDataCentre(options)
  return inTurn(open, 'rotation of passwords', (dataCentre) => rotatePasswordsLocked(dataCentre, options))
}

/** The same for a caller that holds the lock, and has opened the data centre since. */
export async function rotatePasswordsLocked(
  dataCentre: AnyDataCentre,
  options: PasswordOptions,
): Promise<PasswordsReport> {
  return runRotation(await PasswordRotation.open(dataCentre, options))
}

/**
 * What `rotatePasswords` would do now, one sentence per step. Changes nothing. Throws `NOT_SAFE` for options that
 * contradict the state of the rotation; `NOT_RUNNING`.
 */
export async function planPasswordRotation(options: PasswordChoices & DataCentrePlace): Promise<string[]> {
  const rotation = await PasswordRotation.open(await openDataCentre(options), options)
  try {
    return await rotation.plan()
  } finally {
    rotation.close()
  }
}
