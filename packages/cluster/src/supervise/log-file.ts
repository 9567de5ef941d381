import { closeSync, openSync, renameSync, statSync, writeSync } from 'node:fs'

/** A log that has grown beyond this is moved aside to `.1` when it is opened next. */
const LARGE_LOG_BYTES = 16 * 1024 * 1024

/** Opens a log for appending, for its owner only; the caller closes the descriptor. */
export function openLog(file: string): number {
  try {
    if (statSync(file).size > LARGE_LOG_BYTES) renameSync(file, `${file}.1`)
  } catch {
    // Its first line.
  }
  return openSync(file, 'a', 0o600)
}

/** Appends one event as a line of JSON with its time. What cannot be logged is not worth a failure. */
export function logEvent(file: string, event: string, details: Record<string, unknown>): void {
  try {
    const log = openLog(file)
    writeSync(log, `${JSON.stringify({ at: new Date().toISOString(), event, ...details })}\n`)
    closeSync(log)
  } catch {
    // A full disk, perhaps: the processes matter more.
  }
}
