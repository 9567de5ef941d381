import { closeSync, openSync, renameSync, statSync, writeSync } from 'node:fs'

/** A larger log is renamed to `.1` when it is next opened. */
const MAX_LOG_BYTES = 16 * 1024 * 1024

/** Opens a log for appending, readable by its owner only. The caller closes the descriptor. */
export function openLog(file: string): number {
  try {
    if (statSync(file).size > MAX_LOG_BYTES) renameSync(file, `${file}.1`)
  } catch {
    // The log does not exist before its first line.
  }
  return openSync(file, 'a', 0o600)
}

/** Appends one event, with its time, as a line of JSON. A failure to log is ignored. */
export function logEvent(file: string, event: string, details: Record<string, unknown>): void {
  try {
    const log = openLog(file)
    writeSync(log, `${JSON.stringify({ at: new Date().toISOString(), event, ...details })}\n`)
    closeSync(log)
  } catch {
    // Perhaps the disk is full. The processes must keep running.
  }
}
