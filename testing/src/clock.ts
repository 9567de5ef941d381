import { execFile } from 'node:child_process'
import { closeSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** The clocks that a process can read, in the order of clock-shim.c. */
export const CLOCK_NAMES = ['real', 'monotonic', 'boot'] as const
export type ClockName = (typeof CLOCK_NAMES)[number]

/**
 * A paused virtual machine: all its clocks stop, and time synchronization does not correct the wall clock
 * afterwards.
 */
export const ALL_CLOCKS: readonly ClockName[] = CLOCK_NAMES
/** A paused virtual machine whose wall clock is correct after it resumes. */
export const ALL_BUT_WALL_CLOCK: readonly ClockName[] = ['monotonic', 'boot']
/** A suspended machine: its wall clock and its time since boot are correct after it resumes. */
export const MONOTONIC_ONLY: readonly ClockName[] = ['monotonic']

const FILE_VARIABLE = 'HOLDFAST_CLOCK_FILE'
const PER_MS = 1_000_000n
const PER_SECOND = 1_000_000_000n
const WORD = 8
/** Per clock: its error, its gain per second, and the start of the gain. */
const CLOCK_BYTES = 3 * WORD
const SLOT_BYTES = CLOCK_NAMES.length * CLOCK_BYTES
const FILE_BYTES = WORD + 2 * SLOT_BYTES

const POLL_INTERVAL_MS = 2
const STOPPED_MS = 5000

/** Builds the library that sets a process's clocks, and returns its file. Needs a C compiler. */
export async function buildClockShim(folder: string): Promise<string> {
  const file = join(folder, 'clock-shim.so')
  const source = fileURLToPath(new URL('clock-shim.c', import.meta.url))
  await promisify(execFile)('gcc', ['-O2', '-shared', '-fPIC', '-o', file, source])
  return file
}

interface ClockError {
  shiftNs: bigint
  gainNs: bigint
  sinceNs: bigint
}

/**
 * The clocks of some processes on one machine of a test. A test can set their wall clock and let it drift while they
 * run, and can stop their clocks while the processes are stopped. This process must read the machine's own clocks.
 */
export class ShiftableClock {
  /** Contains the errors of the clocks. The processes map this file into memory. */
  readonly file: string
  readonly #shim: string
  readonly #errors = new Map<ClockName, ClockError>()
  readonly #pausedNs = new Map<ClockName, bigint>()
  #stopped: { pids: readonly number[]; clocks: readonly ClockName[]; atNs: bigint } | null = null
  #slot = 0

  private constructor(file: string, shim: string) {
    this.file = file
    this.#shim = shim
  }

  static async create(file: string, shim: string): Promise<ShiftableClock> {
    writeFileSync(file, Buffer.alloc(FILE_BYTES))
    return new ShiftableClock(file, shim)
  }

  /** The environment variables with which the processes must start. */
  get env(): NodeJS.ProcessEnv {
    return { LD_PRELOAD: this.#shim, [FILE_VARIABLE]: this.file }
  }

  /**
   * Shifts the wall clock by `byMs` from now on, and lets it gain `gainMsPerSecond` in addition. With 0 for both,
   * the wall clock is correct again, except for the time during which it was stopped.
   */
  async shift(byMs: number, gainMsPerSecond = 0): Promise<void> {
    this.#errors.set('real', {
      shiftNs: BigInt(Math.round(byMs)) * PER_MS,
      gainNs: BigInt(Math.round(gainMsPerSecond * 1_000_000)),
      sinceNs: process.hrtime.bigint(),
    })
    this.#write()
  }

  /** Corrects the wall clock after it was stopped, as time synchronization does. */
  synchronize(): void {
    this.#pausedNs.delete('real')
    this.#write()
  }

  /** The current error of the processes' wall clock (in milliseconds), from their file. */
  errorMs(): number {
    const { shiftNs, gainNs, sinceNs } = readError(readFileSync(this.file), 'real')
    const gainedNs = (Number(process.hrtime.bigint() - sinceNs) / Number(PER_SECOND)) * Number(gainNs)
    return (Number(shiftNs) + gainedNs) / Number(PER_MS)
  }

  /**
   * Stops processes that were started with these clocks, and stops the named clocks. Resolves when the processes are
   * stopped. Does nothing if they are already stopped.
   */
  async stop(pids: readonly number[], clocks: readonly ClockName[] = ALL_CLOCKS): Promise<void> {
    if (this.#stopped !== null) return
    for (const pid of pids) signal(pid, 'SIGSTOP')
    const deadline = performance.now() + STOPPED_MS
    for (const pid of pids) {
      while (!(await isStopped(pid))) {
        if (performance.now() > deadline)
          throw new Error(`Process ${pid} did not stop within ${STOPPED_MS} ms.`)
        await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS))
      }
    }
    // Take the time after the last process has stopped. Then their clocks do not jump back when the processes resume.
    this.#stopped = { pids, clocks, atNs: process.hrtime.bigint() }
  }

  /** Resumes the stopped processes. Skips processes that have ended meanwhile. */
  resume(): void {
    const stopped = this.#stopped
    if (stopped === null) return
    this.#stopped = null
    const pausedNs = process.hrtime.bigint() - stopped.atNs
    for (const name of stopped.clocks) {
      this.#pausedNs.set(name, (this.#pausedNs.get(name) ?? 0n) + pausedNs)
    }
    this.#write()
    for (const pid of stopped.pids) signal(pid, 'SIGCONT')
  }

  /** Writes into the existing file, because the processes have mapped that file. */
  #write(): void {
    const bytes = Buffer.alloc(SLOT_BYTES)
    for (const [index, name] of CLOCK_NAMES.entries()) {
      const error = this.#errors.get(name)
      const shiftNs = (error?.shiftNs ?? 0n) - (this.#pausedNs.get(name) ?? 0n)
      bytes.writeBigInt64LE(shiftNs, index * CLOCK_BYTES)
      bytes.writeBigInt64LE(error?.gainNs ?? 0n, index * CLOCK_BYTES + WORD)
      bytes.writeBigInt64LE(error?.sinceNs ?? 0n, index * CLOCK_BYTES + 2 * WORD)
    }
    this.#slot = 1 - this.#slot
    const named = Buffer.alloc(WORD)
    named.writeBigInt64LE(BigInt(this.#slot))
    const open = openSync(this.file, 'r+')
    try {
      writeSync(open, bytes, 0, SLOT_BYTES, WORD + this.#slot * SLOT_BYTES)
      writeSync(open, named, 0, WORD, 0)
    } finally {
      closeSync(open)
    }
  }
}

function signal(pid: number, name: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, name)
  } catch {
    // The process was killed.
  }
}

function readError(page: Buffer, name: ClockName): ClockError {
  const slot = Number(page.readBigInt64LE(0)) & 1
  const at = WORD + slot * SLOT_BYTES + CLOCK_NAMES.indexOf(name) * CLOCK_BYTES
  return {
    shiftNs: page.readBigInt64LE(at),
    gainNs: page.readBigInt64LE(at + WORD),
    sinceNs: page.readBigInt64LE(at + 2 * WORD),
  }
}

let ownFile: number | null | undefined
const ownPage = Buffer.alloc(FILE_BYTES)

/**
 * The machine's own monotonic clock (in nanoseconds), even in a process whose clocks the shim sets. The processes of
 * one test can compare these times.
 */
export function machineNs(): bigint {
  if (ownFile === undefined) {
    const file = process.env[FILE_VARIABLE]
    ownFile = file === undefined ? null : openSync(file, 'r')
  }
  if (ownFile === null) return process.hrtime.bigint()
  const ns = process.hrtime.bigint()
  readSync(ownFile, ownPage, 0, FILE_BYTES, 0)
  return ns - readError(ownPage, 'monotonic').shiftNs
}

/** Whether a process and each of its threads are stopped. */
async function isStopped(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (stat === null) return true
  return 'TZ'.includes(stat.charAt(stat.lastIndexOf(')') + 2))
}
