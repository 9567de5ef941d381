import type { ExitCode } from './exit-codes.ts'

/** A command as data: what it is called, what it takes, and the one function that it calls. */
export interface CommandSpec<Options> {
  /** One word, or two for a command of a group: `users add`. */
  name: string
  summary: string
  /** The word behind the name. The handler gets an empty text for an optional one that was left out. */
  argument?: { name: string; summary: string; optional?: boolean }
  options: readonly OptionSpec[]
  /** Lines for the end of its help. */
  notes?: readonly string[]
  handler: (options: Options, argument: string) => Promise<ExitCode>
}

export interface OptionSpec {
  /** As commander takes them: `--name <name>`. */
  flags: string
  summary: string
  /** Checks and converts the text of a value; throws `UsageError`. */
  parse?: (text: string) => unknown
  required?: boolean
  /** Left out of the help. */
  hidden?: boolean
}

/** A command of any options, for lists. */
export interface AnyCommand extends Omit<CommandSpec<unknown>, 'handler'> {
  handler: (options: never, argument: string) => Promise<ExitCode>
}

/** A mistake in the command line. */
export class UsageError extends Error {
  readonly code = 'USAGE'
}

/** Values separated by commas. */
export const list = (text: string): string[] => text.split(',').map((part) => part.trim())

/** One of a few words. */
export const oneOf =
  <Word extends string>(...words: Word[]) =>
  (text: string): Word => {
    const found = words.find((word) => word === text)
    if (found !== undefined) return found
    throw new UsageError(`must be ${words.length > 1 ? 'one of ' : ''}${words.join(', ')}, got "${text}"`)
  }

/** A whole number within bounds. */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    throw new UsageError(`must be a whole number from ${least} to ${most}, got "${text}"`)
  }
