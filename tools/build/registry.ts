import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { eventually } from '@holdfast/testing/local/data-centre'
import { ROOT } from './packages.ts'

const run = promisify(execFile)
const START_TIMEOUT_MS = 60_000
const PING_TIMEOUT_MS = 5000
const PUBLISH_TIMEOUT_MS = 60_000

/** An npm registry on loopback. It has the packages that are published to it, and fetches all others. */
export class Registry {
  readonly url: string
  readonly #folder: string
  readonly #process: ChildProcess

  private constructor(url: string, folder: string, process: ChildProcess) {
    this.url = url
    this.#folder = folder
    this.#process = process
  }

  /** Starts a registry that keeps everything in an empty folder. Rejects if it does not answer within a minute. */
  static async start(folder: string, port: number): Promise<Registry> {
    await mkdir(folder, { recursive: true })
    const config = join(folder, 'config.yaml')
    const { stdout } = await run('npm', ['config', 'get', 'registry'])
    await writeFile(config, configuration(folder, stdout.trim()))
    const program = join(ROOT, 'node_modules', 'verdaccio', 'bin', 'verdaccio')
    const child = spawn(process.execPath, [program, '--config', config, '--listen', `127.0.0.1:${port}`], {
      stdio: 'ignore',
    })
    const registry = new Registry(`http://127.0.0.1:${port}/`, folder, child)
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`The registry ended with ${code}.`)
    })
    // Its end matters only until it answers.
    ended.catch(() => {})
    try {
      await Promise.race([eventually(() => registry.#ping(), START_TIMEOUT_MS), ended])
    } catch (error) {
      registry.stop()
      throw error
    }
    return registry
  }

  /** Publishes a folder. */
  async publish(folder: string): Promise<void> {
    await run('npm', ['publish', '--userconfig', await this.npmrc()], {
      cwd: folder,
      timeout: PUBLISH_TIMEOUT_MS,
    })
  }

  /** A file of settings with which npm uses this registry. */
  async npmrc(): Promise<string> {
    const file = join(this.#folder, 'npmrc')
    const lines = [
      `registry=${this.url}`,
      `${this.url.replace('http:', '')}:_authToken=none`,
      'audit=false',
      'fund=false',
    ]
    await writeFile(file, `${lines.join('\n')}\n`)
    return file
  }

  stop(): void {
    this.#process.kill()
  }

  async #ping(): Promise<void> {
    const { ok } = await fetch(new URL('-/ping', this.url), { signal: AbortSignal.timeout(PING_TIMEOUT_MS) })
    if (!ok) throw new Error('The registry does not answer.')
  }
}

const configuration = (folder: string, uplink: string) => `storage: ${join(folder, 'storage')}
uplinks:
  public:
    url: ${uplink}
    timeout: 60s
packages:
  '@holdfast/*': { access: $anonymous, publish: $anonymous }
  holdfast: { access: $anonymous, publish: $anonymous }
  '**': { access: $anonymous, proxy: public }
max_body_size: 100mb
log: { type: stdout, level: error }
`
