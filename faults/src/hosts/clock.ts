import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './command.ts'

const NANOSECONDS = 1_000_000n

/** Builds the library that shifts a process's wall clock. Needs a C compiler. Returns its file. */
export async function buildClockShim(folder: string): Promise<string> {
  const file = join(folder, 'clock-shim.so')
  const source = fileURLToPath(new URL('clock-shim.c', import.meta.url))
  await run('gcc', ['-O2', '-shared', '-fPIC', '-o', file, source])
  return file
}

/** The wall clock of one process, which can be set forward and back while it runs; its monotonic clock stays. */
export class ShiftableClock {
  /** Holds the shift; the process has it mapped. */
  readonly file: string
  readonly #shim: string

  private constructor(file: string, shim: string) {
    this.file = file
    this.#shim = shim
  }

  static async create(file: string, shim: string): Promise<ShiftableClock> {
    await writeFile(file, Buffer.alloc(8))
    return new ShiftableClock(file, shim)
  }

  /** What the process must be started with. */
  get env(): NodeJS.ProcessEnv {
    return { LD_PRELOAD: this.#shim, HOLDFAST_CLOCK_SHIFT_FILE: this.file }
  }

  /** In place: a new file would not be the one that is mapped. */
  async shift(byMs: number): Promise<void> {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(byMs) * NANOSECONDS)
    await writeFile(this.file, bytes, { flag: 'r+' })
  }
}
