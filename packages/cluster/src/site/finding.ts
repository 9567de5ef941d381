/** How much a finding matters: an `error` must be mended, a `warning` should be, an `info` is worth knowing. */
export type Severity = 'error' | 'warning' | 'info'

/** The keys and indexes that lead to a value of the file: `['dataCentres', 'dc1', 'hosts', 0, 'address']`. */
export type Path = readonly (string | number)[]

/** A stretch of one line of the file. Lines and columns count from 1; `endColumn` is the first after it. */
export interface Position {
  line: number
  column: number
  endColumn: number
}

/** What is wrong with a site's file, and where. It never holds a secret. */
export interface Finding extends Position {
  /** The id of the rule that found it. */
  rule: string
  severity: Severity
  message: string
  path: Path
}

/** What a rule finds before it is known where in the file that is. */
export interface Problem {
  path: Path
  message: string
  /** Point at the key instead of its value. */
  atKey?: boolean
}
