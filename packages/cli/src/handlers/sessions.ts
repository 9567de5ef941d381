import {
  type DataCentrePlace,
  listSessions,
  revokeSessions,
  type SessionChoice,
  showSession,
} from '@holdfast/cluster'
import { UsageError } from '../command.ts'
import type { PlaceOptions } from '../commands/locate.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { placeOf } from '../place.ts'
import { listText, sessionText } from '../sessions/text.ts'
import { assertTerminal, confirm } from '../terminal/confirm.ts'
import { harmless, plural } from '../terminal/format.ts'
import { abortOnSignals } from '../up/signals.ts'

const DEFAULT_LIMIT = 100

export type SessionsListOptions = PlaceOptions & { subject?: string; limit?: number; json?: boolean }

/** Lists live sessions. Throws `UsageError`, and what `listSessions` throws. */
export async function sessionsList(options: SessionsListOptions): Promise<ExitCode> {
  const { subject } = options
  const found = await listSessions({
    ...placeOf(options),
    max: options.limit ?? DEFAULT_LIMIT,
    ...(subject === undefined ? {} : { subject }),
  })
  console.log(options.json ? JSON.stringify(found) : listText(found, Date.now()))
  return EXIT.ok
}

export type SessionsShowOptions = PlaceOptions & { json?: boolean }

/** Shows one session. Throws `UsageError`, and what `showSession` throws. */
export async function sessionsShow(options: SessionsShowOptions, id: string): Promise<ExitCode> {
  const session = await showSession({ ...placeOf(options), id })
  console.log(options.json ? JSON.stringify(session) : sessionText(session))
  return EXIT.ok
}

export interface RevokeOptions extends PlaceOptions {
  subject?: string
  all?: boolean
  reason?: string
  yes?: boolean
  json?: boolean
}

/** Ends sessions, after a question. Throws `UsageError`, and what `revokeSessions` throws. */
export async function sessionsRevoke(options: RevokeOptions, id: string): Promise<ExitCode> {
  const choice = choiceOf(options, id)
  const place = placeOf(options)
  if (!options.yes) {
    assertTerminal()
    if (!(await confirm(`End ${await describe(place, choice)}?`))) {
      console.error('Nothing was changed.')
      return EXIT.failed
    }
  }
  const { signal } = abortOnSignals()
  const report = await revokeSessions({ ...place, choice, reason: options.reason ?? 'not given', signal })
  console.log(
    options.json
      ? JSON.stringify(report)
      : `${plural(report.ended, 'session')} ended.${report.ended === 0 ? ' None was live.' : ''}`,
  )
  return EXIT.ok
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
async function describe(place: DataCentrePlace, choice: SessionChoice): Promise<string> {
  if ('id' in choice) {
    const session = await showSession({ ...place, id: choice.id })
    return `the session ${session.id}${session.state === 'revoked' ? '' : ` of ${harmless(session.subject)}`}`
  }
  const { total } = await listSessions({ ...place, max: 1, ...('subject' in choice ? choice : {}) })
  return 'subject' in choice
    ? `${plural(total, 'session')} of ${harmless(choice.subject)}`
    : `all ${plural(total, 'session')}`
}
