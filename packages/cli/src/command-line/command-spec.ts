import type { ExitCode } from './exit-codes.ts'

/** What a command does. `all` holds all arguments: one, or several where the spec says `variadic`. */
export type Handler<Options> = (
  options: Options,
  argument: string,
  all?: readonly string[],
) => Promise<ExitCode>

/** A command as data: its name, its options, its help, and how to load its handler. */
export interface CommandSpec<Options> {
  /** One word, or two for a command of a group: `users add`. */
  name: string
  /** A verb phrase of at most nine words. */
  summary: string
  argument?: ArgumentSpec
  /** The argument may be given several times. */
  variadic?: boolean
  options: readonly OptionSpec[]
  /** Paragraphs of the help; the help wraps them. */
  notes?: readonly string[]
  /** Command lines, each of which works as it stands. */
  examples?: readonly string[]
  /** Exit codes besides those that every command has. */
  exits?: readonly ExitCode[]
  /** Imports the handler. Help and completion import no handler, and no command imports another one's. */
  load: () => Promise<Handler<Options>>
}

interface ArgumentSpec {
  name: string
  summary: string
  /** Makes the argument optional. */
  default?: string
  /** All possible values, where they are few. */
  choices?: readonly string[]
}

export interface OptionSpec {
  /** As commander takes them: `--name <name>`. */
  flags: string
  summary: string
  /** Checks and converts the value. Throws `UsageError`. */
  parse?: ValueParser
  required?: boolean
  /** Left out of help and completion. */
  hidden?: boolean
  /** The heading above it in the help; default: `Options`. */
  heading?: string
}

/** A command with any options, for lists. */
export interface AnyCommand extends Omit<CommandSpec<unknown>, 'load'> {
  load: () => Promise<Handler<never>>
}

interface ValueParser {
  (text: string): unknown
  /** All possible values, where they are few. */
  choices?: readonly string[]
}

type UsageCode =
  /** The command line has a mistake. */
  | 'USAGE'
  /** A key ended a question. */
  | 'INTERRUPTED'

/** A mistake in the command line. */
export class UsageError extends Error {
  readonly code: UsageCode = 'USAGE'

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }
}

/** Ctrl-C or Ctrl-D at a question. */
export class InterruptedError extends UsageError {
  override readonly code = 'INTERRUPTED'
}

/** Parses values separated by commas. */
export const list = (text: string): string[] => text.split(',').map((part) => part.trim())

/** A parser that accepts only these choices. */
export const oneOf = <Choice extends string>(...choices: Choice[]) =>
  Object.assign(
    (text: string): Choice => {
      const found = choices.find((choice) => choice === text)
      if (found !== undefined) return found
      throw new UsageError(
        `must be ${choices.length > 1 ? 'one of ' : ''}${choices.join(', ')}, got "${text}"`,
      )
    },
    { choices },
  )

/** A parser for whole numbers from `min` to `max`. */
export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new UsageError(`must be a whole number from ${min} to ${max}, got "${text}"`)
  }
