import { CommanderError } from 'commander'
import { UsageError } from './command.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { paint } from './terminal/paint.ts'

/** What to print for an error, and how to end. With `debug` also where it came from. */
export function explain(error: unknown, debug: boolean): { text: string; exitCode: ExitCode } {
  const trace = debug && error instanceof Error ? `\n${error.stack}${causes(error)}` : ''
  if (error instanceof CommanderError || error instanceof UsageError) {
    // An empty command line asks for help, which commander has printed.
    if (error.code === 'commander.help') return { text: '', exitCode: EXIT.usage }
    return {
      text: line(`${usageSentence(error.message)} See holdfast --help.`) + trace,
      exitCode: EXIT.usage,
    }
  }
  const code = codeOf(error)
  const message = error instanceof Error ? error.message : String(error)
  if (code === null) {
    const where = debug
      ? ''
      : ' That is a mistake of Holdfast: run it again with --debug and report what it prints.'
    return { text: line(`${message}${where}`) + trace, exitCode: EXIT.failed }
  }
  return { text: line(message) + trace, exitCode: EXIT_OF[code] ?? EXIT.failed }
}

const EXIT_OF: Readonly<Record<string, ExitCode>> = {
  INVALID_OPTION: EXIT.usage,
  SITE_UNREADABLE: EXIT.usage,
  CERTIFICATE_REFUSED: EXIT.usage,
  NO_SUCH_DATA_CENTRE: EXIT.usage,
  NOT_RUNNING: EXIT.notRunning,
  START_ABORTED: EXIT.interrupted,
  DRILL_ABORTED: EXIT.interrupted,
  SWITCHOVER_ABORTED: EXIT.interrupted,
  UPGRADE_ABORTED: EXIT.interrupted,
  BACKUP_ABORTED: EXIT.interrupted,
  RESTORE_ABORTED: EXIT.interrupted,
  REVOKE_ABORTED: EXIT.interrupted,
  ROTATION_ABORTED: EXIT.interrupted,
  DOCTOR_ABORTED: EXIT.interrupted,
}

const line = (message: string) => `${paint.error('Error:')} ${message}`

/** Commander's `error: unknown option '--x'` as a sentence. */
function usageSentence(message: string): string {
  const [first = '', hint] = message
    .replace(/^error: /, '')
    .replace(/^option '(\S+).*' argument '.*' is invalid\. (must)/s, '$1 $2')
    .split('\n')
  const sentence = first.charAt(0).toUpperCase() + first.slice(1).replace(/\.$/, '')
  const asked = hint === undefined ? '' : ` ${hint.replace(/^\(|\)$/g, '')}`
  return `${sentence}.${asked}`
}

/** The stable code of an expected error: such a message needs no stack trace. */
function codeOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null
  return error.code
}

function causes(error: Error): string {
  const { cause } = error
  return cause instanceof Error ? `\nCaused by: ${cause.stack}${causes(cause)}` : ''
}
