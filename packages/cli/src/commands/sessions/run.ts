import type { DataCentrePlace } from '@holdfast/operations/data-centre/open'
import { revokeSessions, type SessionChoice } from '@holdfast/operations/sessions/revoke'
import { listSessions, showSession } from '@holdfast/operations/sessions/sessions'
import { UsageError } from '../../command-line/command-spec.ts'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'
import { assertTerminal, confirm } from '../../command-line/prompt.ts'
import { locatorFromOptions } from '../../data-centre/locator.ts'
import type { LocatorOptions } from '../../data-centre/options.ts'
import { plural, printable } from '../../terminal/format.ts'
import { abortOnSignals } from '../../terminal/signals.ts'
import { DEFAULT_LIMIT } from './options.ts'
import { listText, sessionText } from './text.ts'

export type SessionsListOptions = LocatorOptions & { subject?: string; limit?: number; json?: boolean }

/** Lists live sessions. Throws `UsageError`, and what `listSessions` throws. */
export async function sessionsList(options: SessionsListOptions): Promise<ExitCode> {
  const { subject } = options
  const found = await listSessions({
    ...locatorFromOptions(options),
    max: options.limit ?? DEFAULT_LIMIT,
    ...(subject === undefined ? {} : { subject }),
  })
  console.log(options.json ? JSON.stringify(found) : listText(found, Date.now()))
  return EXIT.ok
}

export type SessionsShowOptions = LocatorOptions & { json?: boolean }

/** Shows one session. Throws `UsageError`, and what `showSession` throws. */
export async function sessionsShow(options: SessionsShowOptions, id: string): Promise<ExitCode> {
  const session = await showSession({ ...locatorFromOptions(options), id })
  console.log(options.json ? JSON.stringify(session) : sessionText(session))
  return EXIT.ok
}

export interface RevokeOptions extends LocatorOptions {
  subject?: string
  all?: boolean
  reason?: string
  yes?: boolean
  json?: boolean
}

/** Ends sessions after a confirmation. Throws `UsageError`, and what `revokeSessions` throws. */
export async function sessionsRevoke(options: RevokeOptions, id: string): Promise<ExitCode> {
  const choice = choiceFromOptions(options, id)
  const locator = locatorFromOptions(options)
  if (!options.yes) {
    assertTerminal()
    if (!(await confirm(`End ${await describe(locator, choice)}?`))) {
      console.error('Nothing was changed.')
      return EXIT.failed
    }
  }
  const { signal } = abortOnSignals()
  const report = await revokeSessions({ ...locator, choice, reason: options.reason ?? 'not given', signal })
  console.log(options.json ? JSON.stringify(report) : `${plural(report.ended, 'session')} ended.`)
  return EXIT.ok
}

/** The sessions that the options select. Throws `UsageError` unless they select in exactly one way. */
function choiceFromOptions({ subject, all }: RevokeOptions, id: string): SessionChoice {
  const choices: SessionChoice[] = [
    ...(id === '' ? [] : [{ id }]),
    ...(subject === undefined ? [] : [{ subject }]),
    ...(all ? [{ all: true as const }] : []),
  ]
  const [choice] = choices
  if (choice === undefined || choices.length > 1) {
    throw new UsageError('Select the sessions to end: give one of an id, --subject and --all')
  }
  return choice
}

/** The selected sessions, for the confirmation. */
async function describe(locator: DataCentrePlace, choice: SessionChoice): Promise<string> {
  if ('id' in choice) {
    const session = await showSession({ ...locator, id: choice.id })
    return `the session ${session.id}${session.state === 'revoked' ? '' : ` of ${printable(session.subject)}`}`
  }
  const { total } = await listSessions({ ...locator, max: 1, ...('subject' in choice ? choice : {}) })
  return 'subject' in choice
    ? `${plural(total, 'session')} of ${printable(choice.subject)}`
    : `all ${plural(total, 'session')}`
}
