import type { AnyCommand } from '../command.ts'
import { adminToken } from './admin.ts'
import { auditVerify } from './audit.ts'
import { backup, restore } from './backup.ts'
import { caCreate, caIssue, caRenew, caShow } from './ca.ts'
import { check } from './check.ts'
import { clientsAdd } from './clients.ts'
import { completionCommand } from './completion.ts'
import { doctor } from './doctor.ts'
import { down } from './down.ts'
import { drill } from './drill.ts'
import { gateway } from './gateway.ts'
import { guard, watchdog } from './host.ts'
import { init } from './init.ts'
import { render } from './render.ts'
import { ROTATE_COMMANDS } from './rotate.ts'
import { sessionsList, sessionsRevoke, sessionsShow } from './sessions.ts'
import { status } from './status.ts'
import { switchover } from './switchover.ts'
import { up } from './up.ts'
import { upgrade } from './upgrade.ts'
import { usersAdd, usersDisable, usersEnable, usersList, usersPasswd, usersRemove } from './users.ts'

/** What the commands of two words have in common, by the first. */
export const GROUPS: Readonly<Record<string, string>> = {
  users: 'list, add and change users of the gateways',
  ca: 'the certificates of a data centre',
  rotate: 'new secrets while everything runs',
  sessions: 'list, show and end sessions',
  audit: 'check the audit log of a gateway',
  admin: 'credentials for the admin API of the gateways',
}

/** Every command, in the order of the help. */
export const COMMANDS: readonly AnyCommand[] = [
  up,
  status,
  doctor,
  switchover,
  upgrade,
  drill,
  backup,
  restore,
  down,
  init,
  check,
  render,
  caCreate,
  caIssue,
  caRenew,
  caShow,
  ...ROTATE_COMMANDS,
  sessionsList,
  sessionsShow,
  sessionsRevoke,
  usersAdd,
  usersList,
  usersPasswd,
  usersDisable,
  usersEnable,
  usersRemove,
  clientsAdd,
  adminToken,
  auditVerify,
  gateway,
  guard,
  watchdog,
  completionCommand(() => COMMANDS, GROUPS),
]
