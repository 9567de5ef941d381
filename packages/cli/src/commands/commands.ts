import type { AnyCommand } from '../command.ts'
import { SITE_SOURCE } from '../render/site-source.ts'
import { backup, restore } from './backup.ts'
import { caCreate, caIssue, caRenew, caShow } from './ca.ts'
import { check } from './check.ts'
import { doctor } from './doctor.ts'
import { down } from './down.ts'
import { drill } from './drill.ts'
import { gateway } from './gateway.ts'
import { guard, watchdog } from './host.ts'
import { init } from './init.ts'
import { renderCommand } from './render.ts'
import { sessionsList, sessionsRevoke, sessionsShow } from './sessions.ts'
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
  backup,
  restore,
  down,
  init,
  check,
  renderCommand(SITE_SOURCE),
  caCreate,
  caIssue,
  caRenew,
  caShow,
  sessionsList,
  sessionsShow,
  sessionsRevoke,
  usersAdd,
  usersList,
  gateway,
  guard,
  watchdog,
]
