import { ClusterError } from '../../../errors.ts'
import type { RotationJournal } from './journal.ts'
import type { PasswordName } from './users.ts'

/** What is asked of a rotation of passwords. */
export interface PasswordChoices {
  /** Which passwords, by their names in `secrets.json`. Default is all. */
  users?: readonly PasswordName[]
  /**
   * `begin` stops when everything that Holdfast reaches uses the new passwords: the old ones stay valid, for others, until
   * `finish`. Default is both in one go.
   */
  stage?: 'begin' | 'finish'
  /** Goes back to the old passwords, from wherever a rotation has stopped. */
  undo?: boolean
  /**
   * Of a data centre that is reached by its file: a command of this machine's shell that brings the files with passwords
   * to the hosts and lets the services there take them. It may be run more than once.
   */
  deliverCommand?: string
}

/** Throws `NOT_SAFE` for what cannot be meant in this situation. */
export function refuseOddChoices(
  saved: RotationJournal | null,
  { users, stage, undo }: PasswordChoices,
): void {
  const refuse = (sentence: string) => {
    throw new ClusterError('NOT_SAFE', sentence)
  }
  if (saved === null) {
    if (undo) refuse('There is no unfinished rotation of passwords to undo: start a new one.')
    if (stage === 'finish') refuse('There is no rotation of passwords to finish. `--stage begin` begins one.')
    return
  }
  const isOther =
    users?.some((user) => !saved.users.includes(user)) || (users && users.length !== saved.users.length)
  if (isOther) {
    refuse(
      `A rotation of ${saved.users.join(', ')} has not ended. Finish or undo it first, without naming users.`,
    )
  }
  if (saved.phase === 'wait' && stage === undefined && !undo) {
    refuse(
      'A rotation waits for others to take their new passwords. When they have, go on by `--stage finish`, or go back by `--undo`.',
    )
  }
}
