import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { programFile } from '@holdfast/testing/program-file'
import { onTestFinished } from 'vitest'

const PROGRAM = programFile(new URL('programs/run-gateway.ts', import.meta.url))

/** A gateway in a separate process. */
export class GatewayProcess {
  readonly process: ChildProcess
  output = ''

  constructor(configFile: string) {
    this.process = spawn(process.execPath, [PROGRAM, configFile])
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += chunk
      })
    }
    onTestFinished(() => void this.process.kill('SIGKILL'))
  }

  async ended(): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, 'exit')
    return this.process.exitCode
  }

  /** The URL of the gateway (not of its admin API), once it listens. */
  async url(): Promise<string> {
    return await until(() => /"(?!The admin API)[^"]* listens on (http:[^"]+)/.exec(this.output)?.[1])
  }
}

/** What `look` finds, as soon as it finds something. */
export async function until<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const deadline = Date.now() + 20_000
  for (;;) {
    const found = await look()
    if (found) return found
    if (Date.now() > deadline) throw new Error('It did not come in time.')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
