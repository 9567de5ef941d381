import type { ListedUser } from '@holdfast/gateway/files'
import { harmless } from '../terminal/format.ts'
import { paint } from '../terminal/paint.ts'
import { table } from '../terminal/table.ts'

/** The users as a table; columns that nobody has anything in are left out. */
export function usersText(users: readonly ListedUser[]): string {
  if (users.length === 0) return 'No users yet.'
  const columns: [title: string, cell: (user: ListedUser) => string][] = [
    ['USER', ({ name }) => name],
    ['STATE', ({ disabled }) => (disabled ? paint.warning('disabled') : 'active')],
    ['NAME', ({ fullName = '' }) => harmless(fullName)],
    ['E-MAIL', ({ email = '' }) => harmless(email)],
    ['GROUPS', ({ groups = [] }) => harmless(groups.join(', '))],
  ]
  const shown = columns.filter(([, cell]) => users.some((user) => cell(user) !== ''))
  return table(
    users.map((user) => shown.map(([, cell]) => cell(user))),
    { head: shown.map(([title]) => title) },
  )
}
