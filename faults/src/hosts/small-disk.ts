import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './command.ts'

/** A small file system in memory that a fault can fill. It ends with the mount namespace of the run. */
export class SmallDisk {
  readonly folder: string
  readonly #filler: string

  private constructor(folder: string) {
    this.folder = folder
    this.#filler = join(folder, 'filler')
  }

  static async mount(folder: string, megabytes: number): Promise<SmallDisk> {
    await mkdir(folder, { recursive: true })
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder])
    return new SmallDisk(folder)
  }

  /** Writes until the disk is full. Returns the number of bytes written. */
  async fill(): Promise<number> {
    const chunk = Buffer.alloc(4096)
    for (let bytes = 0; ; bytes += chunk.length) {
      try {
        await writeFile(this.#filler, chunk, { flag: 'a' })
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return bytes
        throw error
      }
    }
  }

  async clear(): Promise<void> {
    await rm(this.#filler, { force: true })
  }
}
