import { rm } from 'node:fs/promises'
import { z } from 'zod'
import { ClusterError } from '../../../errors.ts'
import type { Secrets } from '../../../secrets/secrets.ts'
import { readIfThere, writePrivate } from '../../../state/private-file.ts'
import { PASSWORD_USERS, type PasswordName } from './users.ts'

/**
 * How far a rotation has come. `add`: some processes may lack the new passwords. `move`: all take both. `wait`: all that
 * Holdfast reaches uses the new ones. `remove`: some processes may lack the old ones.
 */
const PHASES = ['add', 'move', 'wait', 'remove'] as const
export type Phase = (typeof PHASES)[number]

const name = z.enum(PASSWORD_USERS.map(({ secret }) => secret) as [PasswordName, ...PasswordName[]])
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
  /** Which of them every process takes, as far as is known. */
  sure: z.enum(['from', 'to']),
  /** It goes back to the passwords from before. */
  undoing: z.boolean(),
  /** The revision of the gateways' configuration with the passwords of `to`. */
  revision: z.string(),
})

/** A rotation of passwords that has not ended: old passwords and new ones. Holds secrets: mode 0600, never printed. */
export type RotationJournal = z.output<typeof schema>

/**
 * Null when there is no rotation to go on with. Throws `STATE_UNUSABLE`; what the file holds is not told.
 * INV-OPERATIONS-10.
 */
export async function readJournal(file: string): Promise<RotationJournal | null> {
  const text = await readIfThere(file)
  if (text === null) return null
  const journal = parse(text)
  if (journal !== null) return journal
  throw new ClusterError(
    'STATE_UNUSABLE',
    `${file} is not the journal of a rotation. Put the file back as it was: without it nobody knows which passwords are new.`,
  )
}

function parse(text: string): RotationJournal | null {
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    return null
  }
}

export const writeJournal = (file: string, journal: RotationJournal): Promise<void> =>
  writePrivate(file, `${JSON.stringify(journal, null, 2)}\n`)

export const endJournal = (file: string): Promise<void> => rm(file, { force: true })

/** The same rotation, backwards: what is new becomes what is taken away. Pure. */
export function reversed(journal: RotationJournal, revision: string): RotationJournal {
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

/** The secrets with the passwords of one side of a rotation, and since when each is. Pure. */
export function secretsOf(secrets: Secrets, journal: RotationJournal, side: 'from' | 'to'): Secrets {
  const taken = Object.entries(journal[side])
  return {
    ...secrets,
    ...Object.fromEntries(taken.map(([secret, { password }]) => [secret, password])),
    rotatedAt: {
      ...secrets.rotatedAt,
      ...Object.fromEntries(taken.map(([secret, { since }]) => [secret, since])),
    },
  }
}
