import type { ClusterError } from '@holdfast/site/errors'
import { InvalidOptionError } from '@holdfast/tokens'
import type { Decrypter, Encrypter } from 'age-encryption'
import { damaged, noBackup, refused } from './format.ts'

/** The key of a backup: a passphrase, or the public keys of its recipients (`age1…`). */
export type BackupLock = { passphrase: string } | { recipients: readonly string[] }

/** What decrypts a backup: the passphrase, or age identities (`AGE-SECRET-KEY-1…`). */
export type BackupKey = { passphrase: string } | { identities: readonly string[] }

/** An attacker with the file can guess passphrases offline: scrypt with age's work factor 18 allows about one per second and core. */
const MIN_PASSPHRASE_LENGTH = 12

/** The text that each age file begins with: https://age-encryption.org/v1 */
const AGE_BEGINNING = 'age-encryption.org/v1\n'

/** Imported only for a backup: its fifty modules would delay the start of every command. */
const age = () => import('age-encryption')

/** Checks the lock of a backup. Throws `INVALID_OPTION`, without the passphrase or the recipient. */
export async function makeEncrypter(lock: BackupLock): Promise<Encrypter> {
  const encrypter = new (await age()).Encrypter()
  if ('passphrase' in lock) {
    if (lock.passphrase.length < MIN_PASSPHRASE_LENGTH) {
      throw new InvalidOptionError(
        `The passphrase of a backup must have at least ${MIN_PASSPHRASE_LENGTH} characters, got ${lock.passphrase.length}. Use four or five random words.`,
      )
    }
    encrypter.setPassphrase(lock.passphrase)
    return encrypter
  }
  if (lock.recipients.length === 0) throw new InvalidOptionError('A backup needs at least one recipient.')
  for (const [place, recipient] of lock.recipients.entries()) {
    try {
      encrypter.addRecipient(recipient)
    } catch {
      throw new InvalidOptionError(
        `Recipient ${place + 1} is not an age recipient (age1…), as \`age-keygen -y\` prints it.`,
      )
    }
  }
  return encrypter
}

/** Encrypts as an age file, chunk by chunk. */
export function encrypt(
  plain: AsyncIterable<Uint8Array>,
  encrypter: Encrypter,
): Promise<AsyncIterable<Uint8Array>> {
  return encrypter.encrypt(ReadableStream.from(plain))
}

/** Checks the key of a backup. Throws `INVALID_OPTION`, without the secret. */
async function makeDecrypter(key: BackupKey): Promise<Decrypter> {
  const decrypter = new (await age()).Decrypter()
  if ('passphrase' in key) {
    decrypter.addPassphrase(key.passphrase)
    return decrypter
  }
  if (key.identities.length === 0)
    throw new InvalidOptionError('Opening a backup needs at least one age identity.')
  for (const [place, identity] of key.identities.entries()) {
    try {
      decrypter.addIdentity(identity)
    } catch {
      throw new InvalidOptionError(`Identity ${place + 1} is not an age identity (AGE-SECRET-KEY-1…).`)
    }
  }
  return decrypter
}

/** Decrypts the chunks of one age file. */
export type Opened = (sealed: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array>

/**
 * Opens an age file by its beginning, which must contain the header. With a passphrase this blocks the process for a second
 * or more, once. The function that it answers throws `BACKUP_REFUSED` at a chunk that was changed.
 *
 * Throws `BACKUP_REFUSED` for a file that is not a backup, is damaged, or does not open, and as {@link makeDecrypter}.
 */
export async function unlock(beginning: Buffer, key: BackupKey): Promise<Opened> {
  const decrypter = await makeDecrypter(key)
  // Before age reads it, because another file may have an endless first line.
  if (!beginning.toString('latin1').startsWith(AGE_BEGINNING)) throw noBackup('it is not an age file')
  const fileKey = await decrypter.decryptHeader(beginning).catch((error: unknown) => {
    throw notOpened(error)
  })
  const unlocked = new (await age()).Decrypter()
  unlocked.addIdentity({ unwrapFileKey: () => fileKey })
  return (sealed) => decrypt(sealed, unlocked)
}

async function* decrypt(sealed: AsyncIterable<Uint8Array>, decrypter: Decrypter): AsyncGenerator<Uint8Array> {
  try {
    yield* await decrypter.decrypt(ReadableStream.from(sealed))
  } catch (error) {
    throw damaged('a part of it has changed', error)
  }
}

function notOpened(cause: unknown): ClusterError {
  const noMatch = cause instanceof Error && cause.message.startsWith('no identity matched')
  if (!noMatch) return damaged('its beginning has changed')
  return refused(
    'The backup does not open with this passphrase or identity. Use the one with which it was made. Nothing was changed.',
  )
}
