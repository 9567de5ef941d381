import type { AnyCommand } from '../command.ts'
import { caCreate, caIssue, caRenew, caShow } from './ca.ts'
import { down } from './down.ts'
import { drill } from './drill.ts'
import { gateway } from './gateway.ts'
import { status } from './status.ts'
import { up } from './up.ts'
import { usersAdd, usersList } from './users.ts'

/** Every command, in the order of the help. */
export const COMMANDS: readonly AnyCommand[] = [
  up,
  status,
  drill,
  down,
  usersAdd,
  usersList,
  caCreate,
  caIssue,
  caRenew,
  caShow,
  gateway,
]
