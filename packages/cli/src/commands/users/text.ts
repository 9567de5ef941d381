import type { ListedUser } from '@holdfast/gateway/files'
import { toCliFlags } from '../../data-centre/locator.ts'
import type { LocalOptions } from '../../data-centre/options.ts'
import { plural, printable } from '../../terminal/format.ts'
import { table } from '../../terminal/layout.ts'
import { paint } from '../../terminal/paint.ts'

/** The users as a table, without columns that are empty. */
export function usersText(users: readonly ListedUser[]): string {
  if (users.length === 0) return 'No users yet.'
  const columns: [title: string, cell: (user: ListedUser) => string][] = [
    ['USER', ({ name }) => name],
    ['STATE', stateOf],
    ['NAME', ({ fullName = '' }) => printable(fullName)],
    ['E-MAIL', ({ email = '' }) => printable(email)],
    ['GROUPS', ({ groups = [] }) => printable(groups.join(', '))],
  ]
  const shown = columns.filter(([, cell]) => users.some((user) => cell(user) !== ''))
  return table(
    users.map((user) => shown.map(([, cell]) => cell(user))),
    { head: shown.map(([title]) => title) },
  )
}

function stateOf({ disabled, temporaryUntil }: ListedUser): string {
  if (disabled) return paint.warning('disabled')
  if (temporaryUntil === undefined) return 'active'
  const isOver = Date.parse(temporaryUntil) <= Date.now()
  return isOver
    ? paint.warning('initial password expired')
    : `initial password until ${temporaryUntil.slice(0, 10)}`
}

/** What became of the sessions of a user whose login changed. */
export type SessionsOutcome =
  | { ended: number }
  /** They stay active: as requested, or because no data centre is known. */
  | { ended: null; why: 'kept' | 'other-file' | 'not-running' }

/** The sentence about the sessions, after the one about the change. */
export function sessionsText(outcome: SessionsOutcome, user: string, options: LocalOptions): string {
  if (outcome.ended !== null)
    return outcome.ended === 0 ? 'No sessions were open.' : `${plural(outcome.ended, 'session')} ended.`
  if (outcome.why === 'kept') return 'Open sessions stay active.'
  const state =
    outcome.why === 'not-running' ? 'No local data centre is running' : 'Open sessions stay active'
  return `${state}. If a data centre uses this file, run \`${revokeCommand(user, options)}\`.`
}

/** The command that ends the sessions of a user. */
export const revokeCommand = (user: string, options: LocalOptions): string =>
  `holdfast sessions revoke --subject ${user}${toCliFlags(options)}`
