import { type AnyCommand, type CommandSpec, wholeNumber } from '../../command-line/command-spec.ts'
import { EXIT } from '../../command-line/exit-codes.ts'
import { JSON_OPTION, LOCATOR_OPTIONS } from '../../data-centre/options.ts'
import { DEFAULT_LIMIT } from './options.ts'
import type { RevokeOptions, SessionsListOptions, SessionsShowOptions } from './run.ts'

const sessionsList: CommandSpec<SessionsListOptions> = {
  name: 'sessions list',
  summary: 'List live sessions, newest first',
  options: [
    { flags: '--subject <subject>', summary: 'Only the sessions of this subject' },
    {
      flags: '--limit <number>',
      summary: `How many to print at most (default: ${DEFAULT_LIMIT})`,
      parse: wholeNumber(1, 1_000_000),
    },
    JSON_OPTION,
    ...LOCATOR_OPTIONS,
  ],
  notes: ['Lists show public ids, which are no credentials. Tokens are never printed.'],
  examples: ['holdfast sessions list --subject ada'],
  exits: [EXIT.notRunning],
  load: async () => (await import('./run.ts')).sessionsList,
}

const sessionsShow: CommandSpec<SessionsShowOptions> = {
  name: 'sessions show',
  summary: 'Show one session',
  argument: { name: 'id', summary: 'Public id, as in lists and logs' },
  options: [JSON_OPTION, ...LOCATOR_OPTIONS],
  exits: [EXIT.notRunning],
  load: async () => (await import('./run.ts')).sessionsShow,
}

const sessionsRevoke: CommandSpec<RevokeOptions> = {
  name: 'sessions revoke',
  summary: 'End one session, those of a subject, or all',
  argument: { name: 'id', summary: 'Public id of the session', default: '' },
  options: [
    { flags: '--subject <subject>', summary: 'End all sessions of this subject' },
    { flags: '--all', summary: 'End every session' },
    { flags: '--reason <text>', summary: 'Reason for the audit log (default: not given)' },
    { flags: '--yes', summary: 'Do not ask for confirmation' },
    JSON_OPTION,
    ...LOCATOR_OPTIONS,
  ],
  notes: ['audit.log in the state folder records each session that ends: time, operator, public id, reason.'],
  examples: ["holdfast sessions revoke --subject ada --reason 'lost phone'"],
  exits: [EXIT.notRunning, EXIT.interrupted],
  load: async () => (await import('./run.ts')).sessionsRevoke,
}

export const SESSIONS_COMMANDS: readonly AnyCommand[] = [sessionsList, sessionsShow, sessionsRevoke]
