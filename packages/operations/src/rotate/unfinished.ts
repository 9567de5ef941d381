import { type Operation, runningOperation } from '@holdfast/local/state/lock'
import type { AnyDataCentre } from '../data-centre/open.ts'
import { IssueJournal } from './certificates/journal.ts'
import { readHistory } from './keyring/ring.ts'
import { type Phase, passwordJournal } from './passwords/journal.ts'
import type { PasswordName } from './passwords/users.ts'

/** The unfinished rotations, without their secrets; null where there is none. */
export interface UnfinishedRotations {
  passwords: UnfinishedPasswordRotation | null
  certificates: UnfinishedCertificateRotation | null
  keyring: UnfinishedKeyringRotation | null
}

export interface UnfinishedPasswordRotation {
  /** UTC, ISO 8601. */
  startedAt: string
  phase: Phase
  users: PasswordName[]
  /** It goes back to the passwords from before. */
  undoing: boolean
  /** A process of this machine works on it at present. */
  isRunning: boolean
}

interface UnfinishedCertificateRotation {
  /** The holders of the certificates that it has issued. */
  issued: string[]
  /** A process of this machine works on it at present. */
  isRunning: boolean
}

interface UnfinishedKeyringRotation {
  /** The key that is coming in. */
  next: string
  /** Every gateway knows the key, and the rotation waits for others, because it was begun to stop there. */
  waits: boolean
  /** A process of this machine works on it at present. */
  isRunning: boolean
}

/** Reads the journals of all rotations. Throws `STATE_UNUSABLE` when one cannot be read. */
export async function readUnfinishedRotations({ folder }: AnyDataCentre): Promise<UnfinishedRotations> {
  const operation = (await runningOperation(folder.operationFile))?.operation
  // A drill may rehearse a rotation, and is the only operation that runs then.
  const isAtWork = (rotation: Operation) => operation === rotation || operation === 'drill'
  return {
    passwords: await readPasswords(folder.rotationFile, isAtWork('rotation of passwords')),
    certificates: await readCertificates(
      folder.certificateRotationFile,
      isAtWork('rotation of certificates'),
    ),
    keyring: await readKeyring(folder.keyringHistoryFile, isAtWork('rotation of the key ring')),
  }
}

async function readPasswords(
  file: string | null,
  isRunning: boolean,
): Promise<UnfinishedPasswordRotation | null> {
  const journal = file === null ? null : await passwordJournal(file).read()
  if (journal === null) return null
  const { startedAt, phase, users, undoing } = journal
  return { startedAt, phase, users, undoing, isRunning }
}

async function readCertificates(
  file: string,
  isRunning: boolean,
): Promise<UnfinishedCertificateRotation | null> {
  const { holders } = await IssueJournal.open(file)
  return holders.length === 0 ? null : { issued: holders, isRunning }
}

async function readKeyring(
  file: string | null,
  isRunning: boolean,
): Promise<UnfinishedKeyringRotation | null> {
  if (file === null) return null
  const { next, waits } = await readHistory(file)
  return next === null ? null : { next, waits, isRunning }
}
