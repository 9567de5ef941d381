import { z } from 'zod'
import { UsersInvalidError } from '../base/errors.ts'
import { checkValue, type Parsed, parseJsonText } from '../files/json.ts'
import { readPrivateFile } from '../files/private.ts'
import { isEmail, isFullName, isGroupName, MAX_GROUPS } from './identity.ts'
import { isPasswordHash } from './passwords.ts'

/** One entry of the users file. */
export interface User {
  name: string
  /** A PHC string: `$argon2id$v=19$m=…`. */
  password: string
  /** A disabled user cannot log in. Open sessions stay valid until they expire or are revoked. */
  disabled?: boolean
  /** The password is an initial one: the user must change it at the first login, until this time (ISO 8601, UTC). */
  temporaryUntil?: string
  /** The full name. */
  fullName?: string
  email?: string
  /** Group names, for the access rules and for applications. */
  groups?: string[]
}

export const USERS_LABEL = 'users file'

/**
 * A user name: letters and digits of any script, and `. _ @ + -`, at most 128 characters. No spaces and no control
 * characters: the name travels in HTTP headers and logs, where two names must not look the same.
 */
const USER_NAME = /^[\p{L}\p{M}\p{N}._@+-]{1,128}$/u

const userSchema = z.strictObject({
  name: z.string({ error: 'must be text' }).refine(isUserName, {
    error: 'must be 1 to 128 letters, digits, ".", "_", "@", "+" and "-"',
  }),
  password: z.string({ error: 'must be text' }).refine(isPasswordHash, {
    error:
      'must be an argon2id hash ("$argon2id$v=19$…") with m of at most 262144, t of at most 32, p of at most 16, and m × t of ' +
      'at most 1048576; make one with `holdfast users add`',
  }),
  disabled: z.boolean({ error: 'must be true or false' }).exactOptional(),
  temporaryUntil: z.iso
    .datetime({ error: 'must be a time such as "2030-01-31T12:00:00.000Z"' })
    .exactOptional(),
  fullName: z
    .string({ error: 'must be text' })
    .refine(isFullName, { error: 'must be 1 to 256 printable characters' })
    .exactOptional(),
  email: z
    .string({ error: 'must be text' })
    .refine(isEmail, { error: 'must be an e-mail address' })
    .exactOptional(),
  groups: z
    .array(
      z
        .string({ error: 'must be text' })
        // The command separates groups by commas, so a comma here is a mistake.
        .refine((group) => isGroupName(group) && !group.includes(','), {
          error: 'must be a group name of 1 to 128 characters, without a comma',
        }),
      { error: 'must be a list of groups' },
    )
    .max(MAX_GROUPS, { error: `must be at most ${MAX_GROUPS} groups` })
    .exactOptional(),
})

const usersSchema = z.strictObject({ users: z.array(userSchema, { error: 'must be a list of users' }) })

/**
 * Reads and checks a users file. Throws `FILE_UNUSABLE` (missing, unreadable, accessible to other users of the machine) or
 * `USERS_INVALID`, naming each wrong entry by its position, never by its hash.
 */
export async function readUsersFile(file: string): Promise<User[]> {
  const { users } = usersOf(parseJsonText(await readPrivateFile(file, USERS_LABEL), usersSchema), file)
  const twice = firstDuplicate(users.map(({ name }) => name))
  if (twice !== undefined) {
    throw new UsersInvalidError(
      `The ${USERS_LABEL} ${file} contains the user "${twice}" twice; remove one of them.`,
    )
  }
  return users
}

/** Throws `USERS_INVALID` when these users would make a file that cannot be read. */
export function checkUsers(users: readonly User[], file: string): void {
  usersOf(checkValue({ users }, usersSchema), file)
}

function usersOf<T>(parsed: Parsed<T>, file: string): T {
  if ('value' in parsed) return parsed.value
  throw new UsersInvalidError(`The ${USERS_LABEL} ${file} cannot be used. ${parsed.mistakes.join(' ')}`)
}

/** True for a name that a users file may contain: see {@link USER_NAME}; composed (NFC). */
export function isUserName(name: string): boolean {
  return USER_NAME.test(name) && name === name.normalize('NFC')
}

/** The first name that occurs twice. */
export function firstDuplicate(names: readonly string[]): string | undefined {
  const seen = new Set<string>()
  return names.find((name) => seen.size === seen.add(name).size)
}
