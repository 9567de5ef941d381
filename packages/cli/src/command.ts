import type { ExitCode } from './exit-codes.ts'

/** What a command does; `all` holds every one of the arguments, just the one unless they are variadic. */
export type Handler<Options> = (
  options: Options,
  argument: string,
  all?: readonly string[],
) => Promise<ExitCode>

/** A command as data: what it is called, what it takes, and where what it does is. */
export interface CommandSpec<Options> {
  /** One word, or two for a command of a group: `users add`. */
  name: string
  summary: string
  /** With a default it may be left out. */
  argument?: { name: string; summary: string; default?: string; words?: readonly string[] }
  /** The argument may be given several times. */
  variadic?: boolean
  options: readonly OptionSpec[]
  /** Lines for the end of its help. */
  notes?: readonly string[]
  /** Loads what it does when it is to be done: help and completion load no handler, and no command another's. */
  load: () => Promise<Handler<Options>>
}

export interface OptionSpec {
  /** As commander takes them: `--name <name>`. */
  flags: string
  summary: string
  /** Checks and converts the text of a value; throws `UsageError`. */
  parse?: ValueParser
  required?: boolean
  /** Left out of the help. */
  hidden?: boolean
}

/** A command of any options, for lists. */
export interface AnyCommand extends Omit<CommandSpec<unknown>, 'load'> {
  load: () => Promise<Handler<never>>
}

interface ValueParser {
  (text: string): unknown
  /** All that it takes, where those are few. */
  words?: readonly string[]
}

/** A mistake in the command line. */
export class UsageError extends Error {
  readonly code = 'USAGE'
}

/** Values separated by commas. */
export const list = (text: string): string[] => text.split(',').map((part) => part.trim())

/** One of a few words. */
export const oneOf = <Word extends string>(...words: Word[]) =>
  Object.assign(
    (text: string): Word => {
      const found = words.find((word) => word === text)
      if (found !== undefined) return found
      throw new UsageError(`must be ${words.length > 1 ? 'one of ' : ''}${words.join(', ')}, got "${text}"`)
    },
    { words },
  )

/** A whole number within bounds. */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    throw new UsageError(`must be a whole number from ${least} to ${most}, got "${text}"`)
  }
