import { InvalidOptionError } from '@holdfast/tokens'
import type { Decrypter, Encrypter } from 'age-encryption'
import type { ClusterError } from '../../errors.ts'
import { damaged, noBackup, refused } from './refusals.ts'

/** Who can open a backup: who knows the passphrase, or who holds an identity of one of the recipients (`age1…`). */
export type BackupLock = { passphrase: string } | { recipients: readonly string[] }

/** What opens a backup: the passphrase, or age identities (`AGE-SECRET-KEY-1…`). */
export type BackupKey = { passphrase: string } | { identities: readonly string[] }

/** Whoever has the file can try passphrases at leisure; scrypt (age's work factor 18) allows about one a second and core. */
const SHORTEST_PASSPHRASE = 12

/** The text that each age file begins with: https://age-encryption.org/v1 */
const AGE_BEGINNING = 'age-encryption.org/v1\n'

/** Loaded for a backup alone: its fifty modules would hold up the start of every command. */
const age = () => import('age-encryption')

/** Checks the lock of a backup. Throws `INVALID_OPTION`, without the passphrase or the recipient. */
export async function makeEncrypter(lock: BackupLock): Promise<Encrypter> {
  const encrypter = new (await age()).Encrypter()
  if ('passphrase' in lock) {
    if (lock.passphrase.length < SHORTEST_PASSPHRASE) {
      throw new InvalidOptionError(
        `The passphrase of a backup must have at least ${SHORTEST_PASSPHRASE} characters, got ${lock.passphrase.length}. Four or five random words are a good one.`,
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
        `Recipient ${place + 1} is no age recipient, as \`age-keygen -y\` prints it: age1….`,
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

/** Checks what is to open a backup. Throws `INVALID_OPTION`, without the secret. */
async function makeDecrypter(key: BackupKey): Promise<Decrypter> {
  const decrypter = new (await age()).Decrypter()
  if ('passphrase' in key) {
    decrypter.addPassphrase(key.passphrase)
    return decrypter
  }
  if (key.identities.length === 0)
    throw new InvalidOptionError('There is no age identity to open the backup with.')
  for (const [place, identity] of key.identities.entries()) {
    try {
      decrypter.addIdentity(identity)
    } catch {
      throw new InvalidOptionError(`Identity ${place + 1} is no age identity (AGE-SECRET-KEY-1…).`)
    }
  }
  return decrypter
}

/** Decrypts the chunks of one age file. */
export type Opened = (sealed: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array>

/**
 * Opens the age file of which this is the beginning: its header at least. With a passphrase that keeps the process busy
 * for a second or more, once. What it answers lets no chunk through that was changed, and throws `BACKUP_REFUSED`.
 *
 * Throws `BACKUP_REFUSED` for a file that is none, is damaged, or does not open, and as {@link makeDecrypter}.
 */
export async function unlock(beginning: Buffer, key: BackupKey): Promise<Opened> {
  const decrypter = await makeDecrypter(key)
  // Before age reads it: what is no age file may have a first line that never ends.
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
    throw damaged('a part of it is not as it was written', error)
  }
}

function notOpened(cause: unknown): ClusterError {
  const noMatch = cause instanceof Error && cause.message.startsWith('no identity matched')
  if (!noMatch) return damaged('its beginning is not as it was written')
  return refused(
    'The backup does not open with this passphrase or identity; nothing was changed. Check that it is the one that the backup was made with.',
  )
}
