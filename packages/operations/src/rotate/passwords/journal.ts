import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { platformPassword, proxyPassword } from '@holdfast/site/render/derived-secrets'
import { type ProxySecret, proxyUserOf } from '@holdfast/site/secrets/proxy-secret'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import { z } from 'zod'
import { newRevision } from '../engine.ts'
import { JournalFile } from '../journal.ts'
import { PASSWORD_USERS, type PasswordName } from './users.ts'

/**
 * How far a rotation has come. `add`: some processes may lack the new passwords. `move`: all processes accept both. `wait`:
 * everything that Holdfast reaches uses the new ones. `remove`: some processes may lack the old ones.
 */
const PHASES = ['add', 'move', 'wait', 'remove'] as const
export type Phase = (typeof PHASES)[number]

/**
 * Whether a rotation in the phase `reached` still has the work of `phase` before it, or is at it.
 * INV-OPERATIONS-10.
 */
export const isStillBefore = (reached: Phase, phase: Phase): boolean =>
  PHASES.indexOf(reached) <= PHASES.indexOf(phase)

const name = z.union([
  z.enum(PASSWORD_USERS.map(({ secret }) => secret)),
  z.templateLiteral(['proxy:', z.string()]),
])
const passwords = z.partialRecord(
  name,
  z.object({
    password: z.string(),
    /** When it was made (UTC, ISO 8601). */
    since: z.iso.datetime(),
  }),
)

const schema = z.object({
  version: z.literal(1),
  /** UTC, ISO 8601. */
  startedAt: z.iso.datetime(),
  phase: z.enum(PHASES),
  users: z.array(name).min(1),
  from: passwords,
  to: passwords,
  /** Which side every process accepts, as far as is known. */
  sure: z.enum(['from', 'to']),
  /** The rotation goes back to the passwords from before. */
  undoing: z.boolean(),
  /** The revision of the gateways' configuration with the passwords of `to`. */
  revision: z.string(),
})

/** An unfinished rotation of passwords: old passwords and new ones. Holds secrets: never printed. */
export type PasswordJournal = z.output<typeof schema>

export const passwordJournal = (file: string): JournalFile<PasswordJournal> =>
  new JournalFile(file, {
    schema,
    remedy: 'Restore this file: it is the only record of which passwords are new.',
  })

/** A rotation that has changed nothing so far, with new passwords of 256 random bits each. */
export async function newJournal(
  secrets: Secrets,
  secretsFile: string,
  users: PasswordName[],
): Promise<PasswordJournal> {
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

function currentOf(secrets: Secrets, secret: PasswordName): string {
  if (isOfProxy(secret)) return proxyPassword(secrets, proxyUserOf(secret) ?? '')
  return secret === 'platform' ? platformPassword(secrets) : secrets[secret]
}

const isOfProxy = (secret: PasswordName): secret is ProxySecret => proxyUserOf(secret) !== null

/** The same rotation backwards: the new passwords become the ones to remove. Pure. */
export function reversed(journal: PasswordJournal, revision: string): PasswordJournal {
  return {
    ...journal,
    phase: 'add',
    from: journal.to,
    to: journal.from,
    sure: journal.sure === 'from' ? 'to' : 'from',
    undoing: true,
    revision,
  }
}

/** How to call the passwords that the rotation brings in, and those that it removes: an undo swaps them. Pure. */
export const adjectivesOf = (journal: PasswordJournal | null) =>
  journal?.undoing ? { wanted: 'old', unwanted: 'new' } : { wanted: 'new', unwanted: 'old' }

/** The secrets with the passwords of one side of a rotation, and since when each is valid. Pure. */
export function secretsOf(secrets: Secrets, journal: PasswordJournal, side: 'from' | 'to'): Secrets {
  const taken = Object.entries(journal[side]).flatMap(([secret, entry]) =>
    entry === undefined ? [] : [{ secret, user: proxyUserOf(secret), ...entry }],
  )
  const own = taken.filter(({ user }) => user === null).map(({ secret, password }) => [secret, password])
  const proxied = taken.flatMap(({ user, password }) => (user === null ? [] : [[user, password] as const]))
  return {
    ...secrets,
    ...Object.fromEntries(own),
    ...(proxied.length > 0 && { proxyUsers: { ...secrets.proxyUsers, ...Object.fromEntries(proxied) } }),
    rotatedAt: {
      ...secrets.rotatedAt,
      ...Object.fromEntries(taken.map(({ secret, since }) => [secret, since])),
    },
  }
}
