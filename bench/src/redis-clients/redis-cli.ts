import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { findProgram } from '@holdfast/local/preflight/programs'
import { pause } from '../clock.ts'
import { type ClientKind, type Endpoint, numberOf } from './client.ts'

const PROCESSES = 8
/** How long a script waits before it starts redis-cli again after an error (in milliseconds). */
const AGAIN_MS = 100
/** Its line about the duration of a slow command. */
const DURATION = /^\(\d+\.\d+s\)$/

export const redisCli: ClientKind = {
  name: 'redis-cli',
  about: `Scripts with ${PROCESSES} \`redis-cli\` that read commands from a pipe, and start it again after an error`,
  without: 'HAProxy',
  async open(endpoint) {
    const all = Array.from({ length: PROCESSES }, () => new Script(endpoint))
    const free = [...all]
    const send = async (...command: (string | number)[]): Promise<string> => {
      const one = free.shift()
      if (one === undefined) throw new Error('No redis-cli is free.')
      try {
        return await one.send(command)
      } finally {
        free.push(one)
      }
    }
    return {
      maxInFlight: PROCESSES,
      get: async (key) => numberOf(await send('GET', key)),
      async set(key, value) {
        await send('SET', key, value)
      },
      counts: {
        increment: async (key) => numberOf(await send('INCR', key)) ?? 0,
        async push(key, element) {
          await send('RPUSH', key, element)
        },
      },
      ended: () => all.reduce((sum, { ended }) => sum + ended, 0),
      async close() {
        await Promise.all(all.map((one) => one.close()))
      },
    }
  },
  storedKey: (key) => key,
  numberIn: Number,
}

/** One redis-cli at a time. Each answer is one line. */
class Script {
  ended = 0
  readonly #args: string[]
  readonly #env: NodeJS.ProcessEnv
  #child: ChildProcess | null = null
  #waiting: PromiseWithResolvers<string> | null = null

  constructor({ address, username, password }: Endpoint) {
    if (address === null) throw new Error('redis-cli has no Sentinel mode.')
    this.#args = ['-h', address.host, '-p', String(address.port), '--user', username, '--no-raw']
    this.#env = { ...process.env, REDISCLI_AUTH: password }
  }

  async send(command: readonly (string | number)[]): Promise<string> {
    this.#child ??= this.#start()
    const waiting = Promise.withResolvers<string>()
    this.#waiting = waiting
    this.#child.stdin?.write(`${command.join(' ')}\n`)
    try {
      return readLine(await waiting.promise)
    } finally {
      this.#waiting = null
    }
  }

  async close(): Promise<void> {
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  #start(): ChildProcess {
    const child = spawn(findProgram('redis-cli'), this.#args, {
      env: this.#env,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const fail = async (message: string) => {
      if (this.#child !== child) return
      this.ended += 1
      await this.close()
      await pause(AGAIN_MS)
      this.#waiting?.reject(new Error(message))
    }
    child.stdin.on('error', () => {})
    createInterface(child.stdout).on('line', (line) => {
      if (!DURATION.test(line)) this.#waiting?.resolve(line)
    })
    // It writes there when it cannot connect, or when its connection ends.
    createInterface(child.stderr).on('line', (line) => void fail(line))
    child.on('exit', () => void fail('redis-cli ended.'))
    return child
  }
}

/** `(integer) 5`, `"5"`, `(nil)` or `OK`, as redis-cli prints them to a terminal. */
function readLine(line: string): string {
  if (line.startsWith('(error) ')) throw new Error(line.slice('(error) '.length))
  if (line === '(nil)') return ''
  return line.replace(/^\(integer\) |^"|"$/g, '')
}
