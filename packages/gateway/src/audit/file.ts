import { randomBytes } from 'node:crypto'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ChainHead, emptyChain, nextLine, sha256 } from './chain.ts'
import { readTail, rotatedHead } from './tail.ts'

type Fields = Readonly<Record<string, unknown>>

/** Max entries that wait while the file cannot be written; further ones are counted in one `audit-gap` entry. */
const MAX_WAITING = 10_000
const MAX_BATCH = 1000
/** A failed write is retried with a delay that doubles each time (in milliseconds). */
const FIRST_RETRY_MS = 100
const MAX_RETRY_MS = 5000

export interface AuditFileOptions {
  file: string
  /** Makes the fields of an entry that the log itself writes. */
  own: (entry: { event: 'audit-gap'; lost: number } | { event: 'audit-torn'; torn: string }) => Fields
  /** Receives the error when the file could not be written (a full disk, a missing folder). */
  onError: (error: unknown) => void
  maxWaiting?: number
}

/**
 * Writes a chain of lines to a file. This process must be its only writer.
 *
 * Entries that arrive during a write go out together in the next one, followed by one `fdatasync`. A login does not wait
 * for the disk, so a machine that loses power loses the lines of the last few milliseconds. When the file cannot be
 * written, logins and logouts still work: entries wait, in order. When too many wait, further ones are counted, and the
 * count is written as one entry.
 *
 * Each write first checks the file's name. If logrotate renamed or removed the file, a new one is created and the chain
 * continues there. No signal is needed, but `reopen` leaves the old file at once. A line that a crash or a full disk cut
 * off stays in the file, and the next line reports it, also when that is in another file.
 * INV-GATEWAY-22.
 */
export class AuditFile {
  readonly #options: AuditFileOptions
  readonly #waiting: (Fields | Gap)[] = []
  #handle: FileHandle | null = null
  /** The file as this process left it: it is the same file as long as these match. */
  #lastSeen = { dev: 0, ino: 0, size: -1 }
  #head: ChainHead | null = null
  /** How many waiting entries the current write contains, and whether a line about a fragment precedes them. */
  #underWay = { entries: 0, repair: 0 }
  #running: Promise<void> | null = null
  /** The name of the file, and whether it must be reopened even if no entry waits. */
  #file: string
  #isToReopen = false
  readonly #closing = new AbortController()
  #lost = 0
  #troubled = false

  constructor(options: AuditFileOptions) {
    this.#options = options
    this.#file = options.file
  }

  get file(): string {
    return this.#file
  }

  /** Opens the file, so that a wrong path fails at the start. Throws the error of the operating system. */
  async start(): Promise<void> {
    await this.#open()
  }

  write(fields: Fields): void {
    const last = this.#waiting.at(-1)
    if (this.#waiting.length < (this.#options.maxWaiting ?? MAX_WAITING)) this.#waiting.push(fields)
    else {
      this.#lost += 1
      const isFixed = this.#waiting.length <= this.#underWay.entries
      if (last instanceof Gap && !isFixed) last.lost += 1
      else this.#waiting.push(new Gap())
    }
    this.#start()
  }

  /** Opens the file that now has this name, after the current write. */
  reopen(): void {
    this.#isToReopen = true
    this.#start()
  }

  /** Continues the chain in another file, with the waiting entries. */
  continueIn(file: string): void {
    this.#file = file
    this.reopen()
  }

  #start(): void {
    this.#running ??= this.#run()
  }

  get status(): { waiting: number; lost: number; troubled: boolean } {
    return { waiting: this.#waiting.length, lost: this.#lost, troubled: this.#troubled }
  }

  /** Tries once to write the waiting entries, and closes the file. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
    await this.#release()
  }

  async #run(): Promise<void> {
    let retryMs = FIRST_RETRY_MS
    while (this.#waiting.length > 0 || this.#isToReopen) {
      const isToReopen = this.#isToReopen
      this.#isToReopen = false
      try {
        await this.#writeSome()
        retryMs = FIRST_RETRY_MS
        this.#troubled = false
      } catch (error) {
        this.#troubled = true
        this.#isToReopen ||= isToReopen
        this.#options.onError(error)
        if (this.#closing.signal.aborted) break
        // A close cuts the wait short; then one more attempt is made.
        await sleep(retryMs * (0.5 + Math.random() / 2), undefined, { signal: this.#closing.signal }).catch(
          () => {},
        )
        retryMs = Math.min(MAX_RETRY_MS, retryMs * 2)
      }
    }
    // In the same tick in which nothing waited any more, so that a later entry starts a new run.
    this.#running = null
  }

  async #writeSome(): Promise<void> {
    const { handle, head, fragment, isAfterFragment } = await this.#open()
    const { own } = this.#options
    const repair = fragment === '' ? [] : [own({ event: 'audit-torn', torn: sha256(fragment) })]
    const entries = this.#waiting.slice(0, MAX_BATCH)
    if (entries.length + repair.length === 0) return
    this.#underWay = { entries: entries.length, repair: repair.length }
    let after = head
    const lines = [...repair, ...entries].map((entry) => {
      const fields = entry instanceof Gap ? own({ event: 'audit-gap', lost: entry.lost }) : entry
      const next = nextLine(after, fields)
      after = next.head
      return `${next.line}\n`
    })
    await handle.appendFile(`${isAfterFragment ? '\n' : ''}${lines.join('')}`)
    await handle.datasync()
    this.#advance(after, entries.length)
    const { dev, ino, size } = await handle.stat()
    this.#lastSeen = { dev, ino, size }
  }

  /**
   * The file that now has this name, the head of its chain, and the cut-off line at its end or at the end of the previous
   * file.
   */
  async #open(): Promise<{
    handle: FileHandle
    head: ChainHead
    fragment: string
    isAfterFragment: boolean
  }> {
    const file = this.#file
    const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error
    })
    // The log was switched to another file meanwhile.
    if (file !== this.#file) return await this.#open()
    const { dev, ino, size } = this.#lastSeen
    if (
      this.#handle &&
      this.#head &&
      found &&
      found.dev === dev &&
      found.ino === ino &&
      found.size === size
    ) {
      return { handle: this.#handle, head: this.#head, fragment: '', isAfterFragment: false }
    }
    const cut = await this.#leave()
    this.#handle = await open(file, 'a+', 0o600)
    const tail = await readTail(this.#handle)
    const head = await this.#continued(tail.head)
    const isAfterFragment = tail.fragment !== ''
    return { handle: this.#handle, head, fragment: isAfterFragment ? tail.fragment : cut, isAfterFragment }
  }

  /** Closes the file. Returns the partial line that a failed write left at its end, if the next file is another one. */
  async #leave(): Promise<string> {
    const handle = this.#handle
    if (handle === null || this.#underWay.entries === 0) {
      await this.#release()
      return ''
    }
    try {
      const { head, fragment } = await readTail(handle)
      await this.#continued(head)
      return fragment
    } catch (error) {
      // The same error may have failed the write. Entries that are in the file nevertheless are written again.
      this.#options.onError(error)
      return ''
    } finally {
      await this.#release()
    }
  }

  async #continued(tail: ChainHead | null): Promise<ChainHead> {
    const { entries, repair } = this.#underWay
    const before = this.#head
    if (before === null) {
      this.#head = tail ?? (await rotatedHead(this.#file)) ?? emptyChain(randomBytes(6).toString('hex'))
    } else if (tail !== null && tail.chain === before.chain && tail.seq > before.seq) {
      // A failed write may have written some of its lines.
      if (entries > 0) this.#advance(tail, Math.min(entries, tail.seq - before.seq - repair))
      else this.#head = tail
    }
    this.#underWay = { entries: 0, repair: 0 }
    return this.#head ?? emptyChain('')
  }

  #advance(head: ChainHead, written: number): void {
    this.#head = head
    this.#waiting.splice(0, Math.max(0, written))
    this.#underWay = { entries: 0, repair: 0 }
  }

  async #release(): Promise<void> {
    const handle = this.#handle
    this.#handle = null
    await handle?.close()
  }
}

/** Stands in the queue for dropped entries. */
class Gap {
  lost = 1
}
