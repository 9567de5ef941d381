import { ClusterError } from '@holdfast/site/errors'
import { proxySecret, proxyUserOf } from '@holdfast/site/secrets/proxy-secret'
import type { RotationHooks } from '../engine.ts'
import type { HostDelivery } from '../host-files.ts'
import { type AclProcess, labelOf, usersOf } from './acl-processes.ts'
import type { PasswordJournal } from './journal.ts'
import {
  type OtherConsumer,
  PASSWORD_USERS,
  type PasswordName,
  type PasswordUser,
  passwordUser,
} from './users.ts'

/** Options of a rotation of passwords. */
export interface PasswordChoices {
  /** Which passwords, by their names in `secrets.json`. Default is all. */
  users?: readonly PasswordName[]
  /**
   * `begin` adds the new passwords and keeps the old ones valid; `finish` removes the old ones. Default is both in one run.
   */
  stage?: 'begin' | 'finish'
  /** Goes back to the old passwords, from whichever step a rotation has reached. */
  undo?: boolean
  /**
   * For a data centre that is described by a file: a shell command, run on this machine, that brings the files with
   * passwords to the hosts and makes the services there read them. Holdfast may run it more than once.
   */
  deliverCommand?: string
}

/** In this order. Some have nothing to do when only some passwords are rotated. */
export const PASSWORD_STEPS = [
  'check',
  'begin',
  'add',
  'redis',
  'sentinels',
  'secrets',
  'gateways',
  'supervisor',
  'prove',
  'relink',
  'agree',
  'remove',
  'end',
] as const
export type PasswordStep = (typeof PASSWORD_STEPS)[number]

export type PasswordOptions = PasswordChoices & RotationHooks<PasswordStep>

export interface PasswordsReport {
  /** `waiting`: old and new passwords are both valid, until the stage `finish`. */
  state: 'done' | 'waiting' | 'undone'
  /** The passwords, by their names in `secrets.json`. */
  users: PasswordName[]
  /** It resumed an unfinished rotation. */
  resumed: boolean
  /** It goes, or went, back to the passwords from before. */
  undoing: boolean
  /** Owners of copies that Holdfast does not reach. */
  others: OtherConsumer[]
  /** The files to bring to each host; empty where Holdfast has done that. */
  hosts: HostDelivery[]
  /** Connections of applications that were open at the beginning, and how many of them have ended since. */
  connections: { before: number; ended: number }
  tookMs: number
}

/** Throws `NOT_SAFE` for options that contradict the state of the rotation. */
export function assertValidChoices(
  saved: PasswordJournal | null,
  { users, stage, undo }: PasswordChoices,
): void {
  const refuse = (sentence: string) => {
    throw new ClusterError('NOT_SAFE', sentence)
  }
  if (saved === null) {
    if (undo) refuse('There is no unfinished rotation of passwords to undo. Start a new one.')
    if (stage === 'finish')
      refuse('There is no rotation of passwords to finish. Begin one with `--stage begin`.')
    return
  }
  const isOther =
    users?.some((user) => !saved.users.includes(user)) || (users && users.length !== saved.users.length)
  if (isOther) {
    refuse(
      `A rotation of ${saved.users.join(', ')} is unfinished. Finish or undo it first, without \`--user\`.`,
    )
  }
  if (saved.phase === 'wait' && stage === undefined && !undo) {
    refuse(
      'The rotation waits until others use their new passwords. When they do, run it with `--stage finish`, or go back with `--undo`.',
    )
  }
}

/**
 * The passwords to rotate: those that were asked for, or all whose users the processes have. `proxyUsers`: the Redis users
 * of proxied clients.
 *
 * Throws `NOT_SAFE` when a process lacks a user that it should have, and for a password that does not exist.
 */
export async function choosePasswords(
  processes: readonly AclProcess[],
  asked: readonly PasswordName[] | undefined,
  proxyUsers: readonly string[],
): Promise<PasswordName[]> {
  const known: readonly PasswordUser[] = [
    ...PASSWORD_USERS,
    ...proxyUsers.map((user) => passwordUser(proxySecret(user))),
  ]
  const unknown = asked?.find((name) => !known.some(({ secret }) => secret === name))
  if (unknown !== undefined) {
    const names = known.map(({ secret }) => secret).join(', ')
    throw new ClusterError('NOT_SAFE', `No password is called "${unknown}". There are ${names}.`)
  }
  const found = await Promise.all(
    processes.map(async (process) => ({ process, users: await usersOf(process) })),
  )
  const chosen = known.filter(({ secret, ...on }) => {
    if (asked !== undefined) return asked.includes(secret)
    // Only a data centre that serves applications without the library has these users.
    const isOptional = secret === 'platform' || proxyUserOf(secret) !== null
    return !isOptional || found.some(({ process, users }) => users.includes(on[process.kind] ?? ''))
  })
  for (const { secret, ...on } of chosen) {
    const lacking = found.find(({ process, users }) => {
      const user = on[process.kind]
      return user !== null && !users.includes(user)
    })
    if (lacking !== undefined) {
      throw new ClusterError(
        'NOT_SAFE',
        `${labelOf(lacking.process)} has no user "${on[lacking.process.kind]}" for the password "${secret}". See \`holdfast doctor\`.`,
      )
    }
  }
  return chosen.map(({ secret }) => secret)
}
