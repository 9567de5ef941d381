import { type Operation, runningOperation } from '../lock.ts'
import type { AnyDataCentre } from '../open.ts'
import { IssueJournal } from './certificates/journal.ts'
import { readHistory } from './keyring/history.ts'
import { type Phase, readJournal } from './passwords/journal.ts'
import type { PasswordName } from './passwords/users.ts'

/** The rotations that have begun and not ended, without their secrets; null where there is none. */
export interface RotationsSeen {
  passwords: PasswordRotationSeen | null
  certificates: CertificateRotationSeen | null
  keyring: KeyringRotationSeen | null
}

export interface PasswordRotationSeen {
  /** UTC, ISO 8601. */
  startedAt: string
  phase: Phase
  users: PasswordName[]
  /** It goes back to the passwords from before. */
  undoing: boolean
  /** A process of this machine works on it at present. */
  isRunning: boolean
}

export interface CertificateRotationSeen {
  /** Whose certificates it has issued. */
  issued: string[]
  /** A process works on it at present. */
  isRunning: boolean
}

export interface KeyringRotationSeen {
  /** The key that it brings in. */
  next: string
  /** Every gateway knows the key, and it waits for others, as it was told to. */
  waits: boolean
  /** A process works on it at present. */
  isRunning: boolean
}

/**
 * Looks at the journals of all rotations. Throws `STATE_UNUSABLE` when one cannot be read.
 */
export async function seeRotations(dataCentre: AnyDataCentre): Promise<RotationsSeen> {
  const { folder } = dataCentre
  const operation = (await runningOperation(folder.operationFile))?.operation
  // A drill may be of a rotation, and is the only one at work then.
  const isAtWork = (rotation: Operation) => operation === rotation || operation === 'drill'
  return {
    passwords: await seePasswords(folder.rotationFile, isAtWork('rotation of passwords')),
    certificates: await seeCertificates(folder.certificateRotationFile, isAtWork('rotation of certificates')),
    keyring: await seeKeyring(folder.keyringHistoryFile, isAtWork('rotation of the key ring')),
  }
}

async function seePasswords(file: string | null, isRunning: boolean): Promise<PasswordRotationSeen | null> {
  const journal = file === null ? null : await readJournal(file)
  if (journal === null) return null
  const { startedAt, phase, users, undoing } = journal
  return { startedAt, phase, users, undoing, isRunning }
}

async function seeCertificates(file: string, isRunning: boolean): Promise<CertificateRotationSeen | null> {
  const { holders } = await IssueJournal.open(file)
  return holders.length === 0 ? null : { issued: holders, isRunning }
}

async function seeKeyring(file: string | null, isRunning: boolean): Promise<KeyringRotationSeen | null> {
  if (file === null) return null
  const { next, waits } = await readHistory(file)
  return next === null ? null : { next, waits, isRunning }
}
