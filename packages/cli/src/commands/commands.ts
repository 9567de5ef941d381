import type { AnyCommand } from '../command-line/command-spec.ts'
import type { HelpSection } from '../command-line/help.ts'
import { adminToken } from './admin/command.ts'
import { auditVerify } from './audit/command.ts'
import { backup } from './backup/command.ts'
import { CA_COMMANDS } from './ca/command.ts'
import { check } from './check/command.ts'
import { clientsAdd } from './clients/command.ts'
import { completionCommand } from './completion/command.ts'
import { doctor } from './doctor/command.ts'
import { down } from './down/command.ts'
import { drill } from './drill/command.ts'
import { gateway } from './gateway/command.ts'
import { guard } from './guard/command.ts'
import { init } from './init/command.ts'
import { proxy } from './proxy/command.ts'
import { render } from './render/command.ts'
import { restore } from './restore/command.ts'
import { ROTATE_COMMANDS } from './rotate/command.ts'
import { SESSIONS_COMMANDS } from './sessions/command.ts'
import { status } from './status/command.ts'
import { switchover } from './switchover/command.ts'
import { up } from './up/command.ts'
import { upgrade } from './upgrade/command.ts'
import { USERS_COMMANDS } from './users/command.ts'
import { versionCommand } from './version/command.ts'
import { watchdog } from './watchdog/command.ts'

/** The summaries of the groups: the first words of commands with two words. */
export const GROUPS: Readonly<Record<string, string>> = {
  rotate: 'Replace passwords, certificates or keys without downtime',
  sessions: 'List, show and end sessions',
  users: 'Manage the users of the gateways',
  clients: 'Register OAuth clients of the gateways',
  admin: 'Create tokens for the admin API',
  audit: 'Verify the audit logs of gateways',
  ca: 'Manage the certificates of a data centre',
}

/** Every command, as the help lists them. */
export const SECTIONS: readonly HelpSection[] = [
  { title: 'Start and look', commands: [up, status, doctor, drill, down] },
  {
    title: 'Change without downtime',
    commands: [switchover, upgrade, ...ROTATE_COMMANDS, backup, restore],
  },
  {
    title: 'Sessions and users',
    commands: [...SESSIONS_COMMANDS, ...USERS_COMMANDS, clientsAdd, adminToken, auditVerify],
  },
  {
    title: 'Describe and deploy',
    commands: [
      init,
      check,
      render,
      ...CA_COMMANDS,
      versionCommand,
      completionCommand(() => COMMANDS, GROUPS),
    ],
  },
  { title: 'For systemd units', commands: [gateway, proxy, guard, watchdog] },
]

export const COMMANDS: readonly AnyCommand[] = SECTIONS.flatMap(({ commands }) => commands)
