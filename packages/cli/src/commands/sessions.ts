import { listSessions, revokeSessions, type SessionChoice, showSession } from '@holdfast/cluster'
import { type CommandSpec, UsageError, wholeNumber } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { listText, sessionText } from '../sessions/text.ts'
import { assertTerminal, confirm } from '../terminal/confirm.ts'
import { harmless, plural } from '../terminal/format.ts'
import { abortOnSignals } from '../up/signals.ts'
import { JSON_OPTION, LOCATE_OPTIONS, type LocateOptions, stateDirOf } from './locate.ts'

const DEFAULT_LIMIT = 100

export const sessionsList: CommandSpec<LocateOptions & { subject?: string; limit?: number; json?: boolean }> =
  {
    name: 'sessions list',
    summary: 'the live sessions, the newest first',
    options: [
      { flags: '--subject <subject>', summary: 'only those of one subject' },
      {
        flags: '--limit <number>',
        summary: `most sessions that are shown (default: ${DEFAULT_LIMIT})`,
        parse: wholeNumber(1, 1_000_000),
      },
      ...LOCATE_OPTIONS,
      JSON_OPTION,
    ],
    notes: [
      'Sessions are named by their public id, which is useless as a credential. Tokens are never shown.',
    ],
    async handler(options) {
      const { subject } = options
      const found = await listSessions({
        stateDir: stateDirOf(options),
        most: options.limit ?? DEFAULT_LIMIT,
        ...(subject === undefined ? {} : { subject }),
      })
      console.log(options.json ? JSON.stringify(found) : listText(found, Date.now()))
      return EXIT.ok
    },
  }

export const sessionsShow: CommandSpec<LocateOptions & { json?: boolean }> = {
  name: 'sessions show',
  summary: 'one session, by its public id',
  argument: { name: 'id', summary: 'public id, as in lists and logs' },
  options: [...LOCATE_OPTIONS, JSON_OPTION],
  async handler(options, id) {
    const session = await showSession({ stateDir: stateDirOf(options), id })
    console.log(options.json ? JSON.stringify(session) : sessionText(session))
    return EXIT.ok
  },
}

interface RevokeOptions extends LocateOptions {
  subject?: string
  all?: boolean
  reason?: string
  yes?: boolean
  json?: boolean
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
    ...LOCATE_OPTIONS,
    JSON_OPTION,
  ],
  notes: ['Each session that ends has a line in audit.log in the state folder: when, who, public id, why.'],
  async handler(options, id) {
    const choice = choiceOf(options, id)
    const stateDir = stateDirOf(options)
    if (!options.yes) {
      assertTerminal()
      if (!(await confirm(`End ${await describe(stateDir, choice)}?`))) {
        console.error('Nothing was changed.')
        return EXIT.failed
      }
    }
    const { signal } = abortOnSignals()
    const report = await revokeSessions({ stateDir, choice, reason: options.reason ?? 'not given', signal })
    console.log(
      options.json
        ? JSON.stringify(report)
        : `${plural(report.ended, 'session')} ended.${report.ended === 0 ? ' None was live.' : ''}`,
    )
    return EXIT.ok
  },
}

/** Which sessions are meant. Throws `UsageError` unless just one is named. */
function choiceOf({ subject, all }: RevokeOptions, id: string): SessionChoice {
  const choices: SessionChoice[] = [
    ...(id === '' ? [] : [{ id }]),
    ...(subject === undefined ? [] : [{ subject }]),
    ...(all ? [{ all: true as const }] : []),
  ]
  const [choice] = choices
  if (choice === undefined || choices.length > 1) {
    throw new UsageError('Say which sessions are to end: give one of an id, --subject and --all')
  }
  return choice
}

/** What is about to end, in words. */
async function describe(stateDir: string, choice: SessionChoice): Promise<string> {
  if ('id' in choice) {
    const session = await showSession({ stateDir, id: choice.id })
    return `the session ${session.id}${session.state === 'revoked' ? '' : ` of ${harmless(session.subject)}`}`
  }
  const { total } = await listSessions({ stateDir, most: 1, ...('subject' in choice ? choice : {}) })
  return 'subject' in choice
    ? `${plural(total, 'session')} of ${harmless(choice.subject)}`
    : `all ${plural(total, 'session')}`
}
