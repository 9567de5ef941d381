import { CommanderError } from 'commander'
import { paint } from '../terminal/paint.ts'
import { UsageError } from './command-spec.ts'
import { EXIT, EXIT_OF_ERROR, type ExitCode } from './exit-codes.ts'

/** The text to print for an error, and the exit code. With `debug` the text includes the stack trace. */
export function explainError(error: unknown, debug: boolean): { text: string; exitCode: ExitCode } {
  const trace = debug && error instanceof Error ? `\n${error.stack}${causes(error)}` : ''
  if (error instanceof CommanderError || (error instanceof UsageError && error.code === 'USAGE')) {
    // Without a command, commander has printed the help already.
    if (error.code === 'commander.help') return { text: '', exitCode: EXIT.usage }
    return {
      text: line(`${usageSentence(error.message)} See holdfast --help.`) + trace,
      exitCode: EXIT.usage,
    }
  }
  const code = codeOf(error)
  const message = error instanceof Error ? error.message : String(error)
  if (code === null) {
    const hint = debug ? '' : ' This is a bug in Holdfast: run the command again with --debug and report it.'
    return { text: line(`${message}${hint}`) + trace, exitCode: EXIT.failed }
  }
  return { text: line(message) + trace, exitCode: EXIT_OF_ERROR[code] ?? EXIT.failed }
}

const line = (message: string) => `${paint.error('Error:')} ${message}`

/** Turns commander's `error: unknown option '--x'` into a sentence. */
function usageSentence(message: string): string {
  const [first = '', hint] = message
    .replace(/^error: /, '')
    .replace(/^option '(\S+).*' argument '.*' is invalid\. (must)/s, '$1 $2')
    .split('\n')
  const sentence = first.charAt(0).toUpperCase() + first.slice(1).replace(/\.$/, '')
  const suggestion = hint === undefined ? '' : ` ${hint.replace(/^\(|\)$/g, '')}`
  return `${sentence}.${suggestion}`
}

/** The stable code of an expected error, which needs no stack trace; null for any other error. */
function codeOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null
  return error.code
}

function causes(error: Error): string {
  const { cause } = error
  return cause instanceof Error ? `\nCaused by: ${cause.stack}${causes(cause)}` : ''
}
