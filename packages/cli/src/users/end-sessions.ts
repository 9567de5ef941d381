import type { LocateOptions } from '../commands/locate.ts'
import { placeAgain, stateDirOf } from '../place.ts'
import { plural } from '../terminal/format.ts'
import { usersFileOf } from './file.ts'
import type { UsersOptions } from './options.ts'

/** What became of the sessions of a user whose login changed. */
export type SessionsEnd =
  | { ended: number }
  /** They go on: it was asked for, or there is no data centre to ask. */
  | { ended: null; why: 'kept' | 'other-file' | 'not-running' }

/**
 * Ends the sessions of a user whose password, right to log in or place in the file has just changed: somebody else may
 * hold one. Throws what `revokeSessions` throws, with a sentence that says what is done already.
 */
export async function endSessionsOf(
  user: string,
  options: UsersOptions & { keepSessions?: boolean },
  reason: string,
): Promise<SessionsEnd> {
  if (options.keepSessions) return { ended: null, why: 'kept' }
  // Which data centre uses a file that was named by its path is not known.
  if (options.file !== undefined) return { ended: null, why: 'other-file' }
  // What asks Redis takes a while to load, and most commands about users need none of it.
  const { revokeSessions } = await import('@holdfast/cluster')
  try {
    return await revokeSessions({ stateDir: stateDirOf(options), choice: { subject: user }, reason })
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    if (error.code === 'NOT_RUNNING') return { ended: null, why: 'not-running' }
    error.message =
      `${usersFileOf(options)} is changed, but the sessions of ${user} may go on: ${error.message} ` +
      `End them by \`${revokeCommand(user, options)}\`.`
    throw error
  }
}

/** The rest of the sentence about the change: what became of the sessions. */
export function sessionsText(end: SessionsEnd, user: string, options: LocateOptions): string {
  if (end.ended !== null)
    return end.ended === 0 ? 'No session was open.' : `${plural(end.ended, 'session')} ended.`
  if (end.why === 'kept') return 'Sessions that are open go on.'
  const where =
    end.why === 'not-running' ? 'No data centre is here to end sessions in' : 'Sessions that are open go on'
  return `${where}: where one uses this file, run \`${revokeCommand(user, options)}\`.`
}

const revokeCommand = (user: string, options: LocateOptions) =>
  `holdfast sessions revoke --subject ${user}${placeAgain(options)}`
