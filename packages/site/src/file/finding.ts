/** How much a finding matters: an `error` must be fixed, a `warning` should be fixed, an `info` is only a note. */
export type Severity = 'error' | 'warning' | 'info'

/** The keys and indexes that lead to a value of the file: `['dataCentres', 'dc1', 'hosts', 0, 'address']`. */
export type Path = readonly (string | number)[]

/**
 * A part of one line of the file. Lines and columns count from 1. `endColumn` is the column after the last character.
 */
export interface Position {
  line: number
  column: number
  endColumn: number
}

/** A mistake in the file of a site, with its position. It never contains a secret. */
export interface Finding extends Position {
  /** The id of the rule that found it. */
  rule: string
  severity: Severity
  message: string
  path: Path
}

/** A mistake that a rule found, before its position in the file is known. */
export interface Problem {
  path: Path
  message: string
  /** Whether the position is that of the key instead of its value. */
  atKey?: boolean
}
