import { resolve } from 'node:path'
import { readPrivateFile } from '@holdfast/gateway/files'
import type { BackupKey, BackupLock } from '@holdfast/operations/backup/encryption'
import { UsageError } from '../../command-line/command-spec.ts'
import { askSecret, firstLine } from '../../command-line/prompt.ts'
import { plural } from '../../terminal/format.ts'
import { paint } from '../../terminal/paint.ts'

export interface LockOptions {
  recipient?: string[]
  passphraseFile?: string
}

export interface KeyOptions {
  identity?: string
  passphraseFile?: string
}

/**
 * What encrypts a backup: recipients, the passphrase in a private file, or a passphrase that the user types. Throws
 * `UsageError` and `FILE_UNUSABLE`.
 */
export async function lockFromOptions({ recipient, passphraseFile }: LockOptions): Promise<BackupLock> {
  assertOne(recipient, passphraseFile, '--recipient')
  if (recipient !== undefined) return { recipients: recipient }
  return { passphrase: await readPassphrase(passphraseFile, true) }
}

/** What decrypts a backup, as {@link lockFromOptions}. An identity file is one of `age-keygen`. */
export async function keyFromOptions({ identity, passphraseFile }: KeyOptions): Promise<BackupKey> {
  assertOne(identity, passphraseFile, '--identity')
  if (identity === undefined) return { passphrase: await readPassphrase(passphraseFile, false) }
  const lines = (await readPrivateFile(resolve(identity), 'identity file')).split(/\r?\n/)
  const identities = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'))
  return { identities }
}

/** A warning about records that the key ring cannot decrypt. */
export const unreadableText = (number: number): string =>
  `${paint.warning('!')} ${plural(number, 'record')} could not be read: the key ring no longer has their key.`

async function readPassphrase(file: string | undefined, isNew: boolean): Promise<string> {
  if (file === undefined) return askSecret('Passphrase of the backup', { word: 'passphrase', twice: isNew })
  return firstLine(await readPrivateFile(resolve(file), 'passphrase file'), 'passphrase')
}

function assertOne(one: unknown, other: unknown, flag: string): void {
  if (one !== undefined && other !== undefined) {
    throw new UsageError(`Give ${flag} or --passphrase-file, not both`)
  }
}
