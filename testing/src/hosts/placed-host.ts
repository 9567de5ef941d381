import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { RenderedFile } from '@holdfast/site/render/render-site'

/** The files of a rendered host in folders of the test instead of /etc and /var. */
export class PlacedHost {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Installs every file, and copies the files that the units copy at the first start. */
  static async place(files: readonly RenderedFile[], host: string, folder: string): Promise<PlacedHost> {
    const placed = new PlacedHost(join(folder, host))
    for (const { text, mode, path, installAt, host: name } of files) {
      if (name !== host) continue
      await placed.#write(installAt ?? basename(path), text, mode)
      const seed = SEEDS.find(([file]) => installAt === `/etc/holdfast/${file}`)
      if (seed !== undefined) await placed.#write(seed[1], text, mode)
    }
    return placed
  }

  /** The path in the test for a path of the host. */
  path(onHost: string): string {
    return join(this.#folder, onHost)
  }

  async #write(onHost: string, text: string, mode: number): Promise<void> {
    const here = this.path(onHost)
    await mkdir(dirname(here), { recursive: true })
    const moved = text.replaceAll(/\/(etc|var\/lib)\/holdfast/g, (found) => this.path(found))
    await writeFile(here, moved, { mode })
  }
}

const SEEDS: readonly [file: string, place: string][] = [
  ['redis.conf', '/var/lib/holdfast/redis/redis.conf'],
  ['users.acl', '/var/lib/holdfast/redis/users.acl'],
  ['sentinel.conf', '/var/lib/holdfast/sentinel/sentinel.conf'],
]
