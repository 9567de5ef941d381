import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { ClusterError } from '../../../errors.ts'
import { platformPassword } from '../../../render/derived-secrets.ts'
import type { Secrets } from '../../../secrets/secrets.ts'
import { newRevision } from '../rotation.ts'
import type { SecretFiles } from '../secret-files.ts'
import { type Guarded, labelOf, usersOf } from './guarded.ts'
import type { RotationJournal } from './journal.ts'
import { PASSWORD_USERS, type PasswordName } from './users.ts'

/**
 * The passwords that a rotation is about: those that were asked for, or all that the processes have users for.
 *
 * Throws `NOT_SAFE` when a process lacks a user that it should have.
 */
export async function choosePasswords(
  processes: readonly Guarded[],
  asked: readonly PasswordName[] | undefined,
): Promise<PasswordName[]> {
  const found = await Promise.all(
    processes.map(async (process) => ({ process, users: await usersOf(process) })),
  )
  const chosen = PASSWORD_USERS.filter(({ secret, ...on }) => {
    if (asked !== undefined) return asked.includes(secret)
    // The platform's user is there only where its data centre serves it.
    return secret !== 'platform' || found.some(({ process, users }) => users.includes(on[process.kind] ?? ''))
  })
  for (const { secret, ...on } of chosen) {
    const lacking = found.find(({ process, users }) => {
      const user = on[process.kind]
      return user !== null && !users.includes(user)
    })
    if (lacking !== undefined) {
      throw new ClusterError(
        'NOT_SAFE',
        `${labelOf(lacking.process)} has no user "${on[lacking.process.kind]}", whose password "${secret}" is. See \`holdfast doctor\`.`,
      )
    }
  }
  return chosen.map(({ secret }) => secret)
}

/** A rotation that has changed nothing yet, with new passwords of 256 random bits each. */
export async function newJournal(
  secrets: Secrets,
  { secretsFile }: SecretFiles,
  users: PasswordName[],
): Promise<RotationJournal> {
  const { mtime } = await stat(secretsFile)
  const now = new Date().toISOString()
  const sinceOf = (secret: PasswordName) => secrets.rotatedAt?.[secret] ?? mtime.toISOString()
  return {
    version: 1,
    startedAt: now,
    phase: 'add',
    users,
    from: Object.fromEntries(
      users.map((secret) => [secret, { password: currentOf(secrets, secret), since: sinceOf(secret) }]),
    ),
    to: Object.fromEntries(
      users.map((secret) => [secret, { password: randomBytes(32).toString('base64url'), since: now }]),
    ),
    sure: 'from',
    undoing: false,
    revision: newRevision(),
  }
}

const currentOf = (secrets: Secrets, secret: PasswordName): string =>
  secret === 'platform' ? platformPassword(secrets) : secrets[secret]
