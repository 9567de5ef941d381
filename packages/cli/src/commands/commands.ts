import type { AnyCommand } from '../command.ts'
import { doctor } from './doctor.ts'
import { down } from './down.ts'
import { drill } from './drill.ts'
import { gateway } from './gateway.ts'
import { status } from './status.ts'
import { switchover } from './switchover.ts'
import { up } from './up.ts'
import { usersAdd, usersList } from './users.ts'

/** Every command, in the order of the help. */
export const COMMANDS: readonly AnyCommand[] = [
  up,
  status,
  doctor,
  switchover,
  drill,
  down,
  usersAdd,
  usersList,
  gateway,
]
