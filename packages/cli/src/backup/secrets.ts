import { resolve } from 'node:path'
import type { BackupKey, BackupLock } from '@holdfast/cluster'
import { readPrivateFile } from '@holdfast/gateway/files'
import { UsageError } from '../command.ts'
import { askSecret, firstLine } from '../terminal/ask-password.ts'

export interface LockOptions {
  recipient?: string[]
  passphraseFile?: string
}

export interface KeyOptions {
  identity?: string
  passphraseFile?: string
}

/**
 * What a backup is locked with: recipients, the passphrase of a private file, or one that is asked for. Throws
 * `UsageError` and `FILE_UNUSABLE`.
 */
export async function lockOf({ recipient, passphraseFile }: LockOptions): Promise<BackupLock> {
  assertOne(recipient, passphraseFile, '--recipient')
  if (recipient !== undefined) return { recipients: recipient }
  return { passphrase: await passphraseOf(passphraseFile, true) }
}

/** What opens a backup, as {@link lockOf}; an identity file is one of `age-keygen`. */
export async function keyOf({ identity, passphraseFile }: KeyOptions): Promise<BackupKey> {
  assertOne(identity, passphraseFile, '--identity')
  if (identity === undefined) return { passphrase: await passphraseOf(passphraseFile, false) }
  const lines = (await readPrivateFile(resolve(identity), 'identity file')).split(/\r?\n/)
  const identities = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'))
  return { identities }
}

async function passphraseOf(file: string | undefined, isNew: boolean): Promise<string> {
  if (file === undefined) return askSecret('Passphrase of the backup', { word: 'passphrase', twice: isNew })
  return firstLine(await readPrivateFile(resolve(file), 'passphrase file'), 'passphrase')
}

function assertOne(one: unknown, other: unknown, name: string): void {
  if (one !== undefined && other !== undefined) {
    throw new UsageError(`A backup has one lock: give ${name} or --passphrase-file, not both`)
  }
}
