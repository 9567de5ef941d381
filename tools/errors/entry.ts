/** What a user needs to know about one error code. */
interface ErrorEntry {
  /** What happened, and why. */
  cause: string
  /** What to do about it. */
  remedy: string
}

export type ErrorEntries = Readonly<Record<string, ErrorEntry>>
