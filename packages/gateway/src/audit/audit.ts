import { randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import path from 'node:path'
import { RepeatThrottle } from '../base/throttles.ts'
import { fileError } from '../files/private.ts'
import { emptyChain, nextLine } from './chain.ts'
import { AUDIT_TEXTS, type AuditEntry } from './entry.ts'
import { AuditFile } from './file.ts'

/** The audit log, as routes see it. No request waits for it: `AuditFile` writes entries in the background. */
export interface Audit {
  record(entry: AuditEntry): void
  /**
   * Records an entry that clients can cause as often as they like: once a minute per `key`, and 300 per minute of each kind.
   * The next entry counts what was held back.
   */
  recordBounded(key: string, entry: BoundedEntry): void
  loggedIn(entry: Fields<'login'>): void
  loginRefused(entry: Fields<'login-refused'>): void
  loggedOut(entry: Fields<'logout'>): void
}

/** The audit log of one process. */
export interface AuditLog extends Audit {
  status(): AuditStatus
  /** Opens the file that now has the log's name, even if there is nothing to write. */
  reopen(): void
  /**
   * Checks whether the log can continue in `file`, and returns the function that switches to it. Does nothing without a
   * file, with the file in use, or for a log on standard output. Throws `FILE_UNUSABLE`.
   */
  prepare(file: string | undefined): Promise<() => void>
  /** Writes the waiting entries and closes the file. */
  close(): Promise<void>
}

export interface AuditStatus {
  /** Entries that are not on disk yet. */
  waiting: number
  /** Entries dropped since the start because the buffer was full; each gap has an `audit-gap` entry. */
  lost: number
  /** True while the file cannot be written. */
  troubled: boolean
}

/** An entry that has `heldBack`, which the log counts itself. */
type BoundedEntry = AuditEntry extends infer Entry
  ? Entry extends { event: string }
    ? 'heldBack' extends keyof Entry
      ? Omit<Entry, 'heldBack'>
      : never
    : never
  : never

type Fields<Event extends AuditEntry['event']> = Omit<Extract<AuditEntry, { event: Event }>, 'event'>

export interface AuditOptions {
  /** The server that writes the log. */
  base: { server: string; dataCentre: string }
  /** The log's file; without one the entries go to `stream`, among the log lines. */
  file?: string | undefined
  stream: { write(line: string): unknown }
  onError: (error: unknown) => void
}

/** Opens the audit log. Throws `FILE_UNUSABLE` when its file cannot be written at the start. */
export async function openAudit(options: AuditOptions): Promise<AuditLog> {
  const { base, file, stream, onError } = options
  const fieldsOf = (entry: AuditEntry) => {
    const { event, ...what } = entry
    const [level, msg] = AUDIT_TEXTS[event]
    return { level, time: new Date().toISOString(), ...base, pid: process.pid, event, ...what, msg }
  }
  if (file === undefined) {
    let head = emptyChain(randomBytes(6).toString('hex'))
    return {
      ...auditMethods((entry) => {
        const next = nextLine(head, fieldsOf(entry))
        head = next.head
        stream.write(`${next.line}\n`)
      }),
      status: () => ({ waiting: 0, lost: 0, troubled: false }),
      reopen: () => {},
      prepare: async () => () => {},
      close: async () => {},
    }
  }
  const sink = new AuditFile({ file, own: fieldsOf, onError })
  try {
    await sink.start()
  } catch (error) {
    throw fileError(error, file, 'audit log')
  }
  return {
    ...auditMethods((entry) => sink.write(fieldsOf(entry))),
    status: () => sink.status,
    reopen: () => sink.reopen(),
    async prepare(next) {
      if (next === undefined || next === sink.file) return () => {}
      try {
        await (await open(next, 'a', 0o600)).close()
      } catch (error) {
        throw fileError(error, next, 'audit log')
      }
      return () => sink.continueIn(next)
    },
    close: () => sink.close(),
  }
}

/** The file of one of several processes: the second one writes `audit-2.jsonl` for `audit.jsonl`. A file has one writer. */
export function fileOfProcess(file: string, number: number | null): string {
  if (number === null) return file
  const { dir, name, ext } = path.parse(file)
  return path.join(dir, `${name}-${number}${ext}`)
}

/** The methods of an audit log that writes entries with `record`. */
export function auditMethods(record: (entry: AuditEntry) => void): Audit {
  const throttles = new Map<string, RepeatThrottle>()
  return {
    record,
    recordBounded(key, entry) {
      const throttle = throttles.get(entry.event) ?? new RepeatThrottle()
      throttles.set(entry.event, throttle)
      const heldBack = throttle.admit(key, Date.now())
      if (heldBack !== null) record({ ...entry, heldBack })
    },
    loggedIn: (entry) => record({ event: 'login', ...entry }),
    loginRefused: (entry) => record({ event: 'login-refused', ...entry }),
    loggedOut: (entry) => record({ event: 'logout', ...entry }),
  }
}
