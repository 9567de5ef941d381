import type { OptionSpec } from '../command.ts'
import { JSON_OPTION, LOCATE_OPTIONS, type LocateOptions } from '../commands/locate.ts'

export type UsersOptions = LocateOptions & { file?: string; json?: boolean }

/** What every command about users takes. */
export const USERS_OPTIONS: readonly OptionSpec[] = [
  { flags: '--file <file>', summary: 'the users file (default: the one of the data centre)' },
  ...LOCATE_OPTIONS,
  JSON_OPTION,
]

export const PASSWORD_OPTION: OptionSpec = {
  flags: '--password-stdin',
  summary: 'read the password from standard input, one line, also at a terminal',
}
