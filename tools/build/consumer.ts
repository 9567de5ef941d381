import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Registry } from './registry.ts'

const run = promisify(execFile)
const COMMAND_TIMEOUT_MS = 180_000

/** An empty project outside the repository, as a user of a published package has it. */
export class Consumer {
  readonly folder: string
  readonly #npmrc: string

  private constructor(folder: string, npmrc: string) {
    this.folder = folder
    this.#npmrc = npmrc
  }

  static async create(
    folder: string,
    registry: Registry,
    files: Readonly<Record<string, string | object>>,
  ): Promise<Consumer> {
    for (const [name, content] of Object.entries(files)) {
      const file = join(folder, name)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2))
    }
    return new Consumer(folder, await registry.npmrc())
  }

  npm(...args: string[]): Promise<string> {
    return this.run('npm', [...args, '--userconfig', this.#npmrc])
  }

  /** Runs a program of the project, or of the machine, and returns what it prints. */
  async run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
    const { stdout } = await run(program, args, {
      cwd: this.folder,
      env: { ...withoutNode(process.env), PATH: process.env['PATH'], ...env },
      timeout: COMMAND_TIMEOUT_MS,
      maxBuffer: 16 << 20,
    }).catch((error: Error & { stdout?: string }) => {
      // The error itself contains what the program wrote to stderr, and not its report.
      error.message += `\nIts output:\n${error.stdout ?? ''}`
      throw error
    })
    return stdout
  }

  bin(name: string): string {
    return join(this.folder, 'node_modules', '.bin', name)
  }
}

/** The settings of npm and Node for the repository do not apply to a user's project. */
const withoutNode = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^(npm_|NODE_|VITEST)/i.test(name)))
