import { randomBytes } from 'node:crypto'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ChainHead, emptyChain, nextLine, sha256 } from './chain.ts'
import { readTail, rotatedHead } from './tail.ts'

type Fields = Readonly<Record<string, unknown>>

/** Entries that wait while the file cannot be written; beyond it they are counted in one `audit-gap`. */
const MOST_WAITING = 10_000
const MOST_AT_ONCE = 1000
/** A file that could not be written is tried again after so long, twice as long each time (in milliseconds). */
const FIRST_RETRY_MS = 100
const MOST_RETRY_MS = 5000

export interface AuditFileOptions {
  file: string
  /** Makes the fields of an entry that the file itself writes. */
  own: (entry: { event: 'audit-gap'; lost: number } | { event: 'audit-torn'; torn: string }) => Fields
  /** The file could not be written (a full disk, a missing folder). */
  onTrouble: (error: unknown) => void
  mostWaiting?: number
}

/**
 * A chain of lines in a file of which this process is the only writer.
 *
 * Whatever comes while lines are being written goes out together, followed by one `fdatasync`: a login does not wait for
 * the disk, and a machine that loses power loses the lines of the last few milliseconds. A file that cannot be written
 * stops no login and no log-out: entries wait, in order; when too many wait, the next are counted, and the count is
 * written as an entry of its own.
 *
 * Before each write the file is looked at by its name: renamed or removed (logrotate), it is made anew and the chain
 * goes on; no signal is needed, but `reopen` leaves the old one at once. A line that a crash or a full disk cut off stays,
 * and the next line says so, also when that is in another file.
 * INV-GATEWAY-22.
 */
export class AuditFile {
  readonly #options: AuditFileOptions
  readonly #waiting: (Fields | Gap)[] = []
  #handle: FileHandle | null = null
  /** The file as it was left: the same one, so long. */
  #place = { dev: 0, ino: 0, size: -1 }
  #head: ChainHead | null = null
  /** How many of the waiting are in a write, and whether a line about a fragment goes before them. */
  #underWay = { entries: 0, repair: 0 }
  #running: Promise<void> | null = null
  /** The name of the file, and whether it is to be looked at though nothing waits. */
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

  /** Opens the file, so that a wrong path shows at the start. Throws what the operating system says. */
  async start(): Promise<void> {
    await this.#open()
  }

  write(fields: Fields): void {
    const last = this.#waiting.at(-1)
    if (this.#waiting.length < (this.#options.mostWaiting ?? MOST_WAITING)) this.#waiting.push(fields)
    else {
      this.#lost += 1
      const isFixed = this.#waiting.length <= this.#underWay.entries
      if (last instanceof Gap && !isFixed) last.lost += 1
      else this.#waiting.push(new Gap())
    }
    this.#start()
  }

  /** Takes the file that is under its name now, in its turn. */
  reopen(): void {
    this.#isToReopen = true
    this.#start()
  }

  /** The chain goes on in another file, with what waits. */
  goOnIn(file: string): void {
    this.#file = file
    this.reopen()
  }

  #start(): void {
    this.#running ??= this.#run()
  }

  get status(): { waiting: number; lost: number; troubled: boolean } {
    return { waiting: this.#waiting.length, lost: this.#lost, troubled: this.#troubled }
  }

  /** Writes what waits, with one try, and closes the file. */
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
        this.#options.onTrouble(error)
        if (this.#closing.signal.aborted) break
        // A close cuts the wait short; then one more try is made.
        await sleep(retryMs * (0.5 + Math.random() / 2), undefined, { signal: this.#closing.signal }).catch(
          () => {},
        )
        retryMs = Math.min(MOST_RETRY_MS, retryMs * 2)
      }
    }
    // In the same turn in which nothing waited any more: whatever comes later starts anew.
    this.#running = null
  }

  async #writeSome(): Promise<void> {
    const { handle, head, fragment, isAfterFragment } = await this.#open()
    const { own } = this.#options
    const repair = fragment === '' ? [] : [own({ event: 'audit-torn', torn: sha256(fragment) })]
    const entries = this.#waiting.slice(0, MOST_AT_ONCE)
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
    this.#settle(after, entries.length)
    const { dev, ino, size } = await handle.stat()
    this.#place = { dev, ino, size }
  }

  /**
   * The file under its name now, what its chain ends with, and what of a cut-off line was at its end, or at the end of the
   * file before it.
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
    // It was told to go on elsewhere meanwhile.
    if (file !== this.#file) return await this.#open()
    const { dev, ino, size } = this.#place
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

  /** Closes the file; answers what a write that failed midway left of a line at its end, if it is not the same one again. */
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
      // It may be why the write failed. What is in it nevertheless is written again.
      this.#options.onTrouble(error)
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
      // Of a write that failed midway some lines are there.
      if (entries > 0) this.#settle(tail, Math.min(entries, tail.seq - before.seq - repair))
      else this.#head = tail
    }
    this.#underWay = { entries: 0, repair: 0 }
    return this.#head ?? emptyChain('')
  }

  #settle(head: ChainHead, written: number): void {
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

/** Stands in the queue for entries that found no place. */
class Gap {
  lost = 1
}
