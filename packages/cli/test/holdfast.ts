import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DataCentreDescription } from '@holdfast/local/state/description'
import type { DataCentreStatus } from '@holdfast/operations/status/facts'

/** The built command (tools/built-command.ts), or the sources outside of the tests. */
export const MAIN = process.env['HOLDFAST_MAIN'] ?? join(import.meta.dirname, '../src/main.ts')

/**
 * Writes the objectives of a drill that runs beside other tests, and returns its options. No wait has an upper limit,
 * because other processes use the machine; requests, logins and logouts keep their objectives.
 */
export async function withoutTimeLimits(folder: string): Promise<string[]> {
  const file = join(folder, 'slo.json')
  const objectives = {
    verificationP99Ms: null,
    verificationP999Ms: null,
    longestLoginMs: null,
    longestCommandMs: null,
  }
  await writeFile(file, JSON.stringify({ objectives }))
  return ['--slo', file]
}

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** A folder for the state of the data centres of a test, and ways to run `holdfast` in it. */
export class Sandbox {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  static async make(): Promise<Sandbox> {
    return new Sandbox(await mkdtemp(join(tmpdir(), 'hf-')))
  }

  /** Starts `holdfast` as a child process. */
  spawn(...args: string[]): ChildProcess {
    const env = { ...process.env, XDG_STATE_HOME: this.folder, HOLDFAST_DEBUG: '' }
    return spawn(process.execPath, [MAIN, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] })
  }

  /** Runs `holdfast` until it exits. */
  async run(args: string[], input = ''): Promise<Ended> {
    const child = this.spawn(...args)
    const output = collect(child)
    child.stdin?.end(input)
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, ...output }
  }

  /** Runs `holdfast` on a terminal, and types `keys` when it has printed `until`; `then` is the next such pair. */
  async onTerminal(
    args: string[],
    until: string,
    keys: string,
    then?: [until: string, keys: string],
  ): Promise<{ code: number | null; printed: string }> {
    // `script` (util-linux) gives it the terminal.
    const terminal = 'script'
    const words = [process.execPath, MAIN, ...args].join(' ')
    const env = { ...process.env, XDG_STATE_HOME: this.folder, HOLDFAST_DEBUG: '', TERM: 'xterm' }
    const child = spawn(terminal, ['-qec', words, '/dev/null'], { env, stdio: ['pipe', 'pipe', 'pipe'] })
    const output = collect(child)
    const closed = once(child, 'close')
    for (const [awaited, typed] of then === undefined ? [[until, keys]] : [[until, keys], then]) {
      while (!output.stdout.includes(awaited ?? '')) {
        if (child.exitCode !== null) throw new Error(output.stdout + output.stderr)
        await sleep(50)
      }
      child.stdin.write(typed)
    }
    const [code] = (await closed) as [number | null]
    return { code, printed: output.stdout }
  }

  async json<T>(args: string[]): Promise<T> {
    const { code, stdout, stderr } = await this.run([...args, '--json'])
    if (stdout === '') throw new Error(`holdfast ${args.join(' ')} ended with ${code}: ${stderr}`)
    return JSON.parse(stdout) as T
  }

  up(name: string, network: string): Promise<DataCentreDescription> {
    return this.json(['up', '--detach', '--name', name, '--network', network])
  }

  status(name: string): Promise<DataCentreStatus> {
    return this.json(['status', '--name', name])
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}

export function collect(child: ChildProcess): { stdout: string; stderr: string } {
  const output = { stdout: '', stderr: '' }
  child.stdout?.on('data', (chunk) => {
    output.stdout += String(chunk)
  })
  child.stderr?.on('data', (chunk) => {
    output.stderr += String(chunk)
  })
  return output
}
