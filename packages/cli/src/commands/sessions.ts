import { type CommandSpec, wholeNumber } from '../command.ts'
import type { RevokeOptions, SessionsListOptions, SessionsShowOptions } from '../handlers/sessions.ts'
import { JSON_OPTION, PLACE_OPTIONS } from './locate.ts'

const DEFAULT_LIMIT = 100

export const sessionsList: CommandSpec<SessionsListOptions> = {
  name: 'sessions list',
  summary: 'the live sessions, the newest first',
  options: [
    { flags: '--subject <subject>', summary: 'only those of one subject' },
    {
      flags: '--limit <number>',
      summary: `most sessions that are shown (default: ${DEFAULT_LIMIT})`,
      parse: wholeNumber(1, 1_000_000),
    },
    ...PLACE_OPTIONS,
    JSON_OPTION,
  ],
  notes: ['Sessions are named by their public id, which is useless as a credential. Tokens are never shown.'],
  load: async () => (await import('../handlers/sessions.ts')).sessionsList,
}

export const sessionsShow: CommandSpec<SessionsShowOptions> = {
  name: 'sessions show',
  summary: 'one session, by its public id',
  argument: { name: 'id', summary: 'public id, as in lists and logs' },
  options: [...PLACE_OPTIONS, JSON_OPTION],
  load: async () => (await import('../handlers/sessions.ts')).sessionsShow,
}

export const sessionsRevoke: CommandSpec<RevokeOptions> = {
  name: 'sessions revoke',
  summary: 'end one session, all of a subject, or all',
  argument: { name: 'id', summary: 'public id of the session', default: '' },
  options: [
    { flags: '--subject <subject>', summary: 'end all sessions of this subject' },
    { flags: '--all', summary: 'end every session' },
    { flags: '--reason <text>', summary: 'why, for the audit log (default: not given)' },
    { flags: '--yes', summary: 'do not ask first' },
    ...PLACE_OPTIONS,
    JSON_OPTION,
  ],
  notes: ['Each session that ends has a line in audit.log in the state folder: when, who, public id, why.'],
  load: async () => (await import('../handlers/sessions.ts')).sessionsRevoke,
}
