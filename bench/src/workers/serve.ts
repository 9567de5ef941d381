import { Session } from 'node:inspector/promises'
import { type SelfTime, topSelfTimes } from '../profile.ts'

// biome-ignore lint/suspicious/noExplicitAny: any method's own parameters and result are kept by its type.
export type Methods = Record<string, (...args: any[]) => Promise<unknown>>

/** The methods of every worker. */
export interface BuiltInMethods {
  'profile:start': () => Promise<void>
  'profile:stop': () => Promise<SelfTime[]>
  /** The processor time that the process has used so far (in milliseconds). */
  cpu: () => Promise<number>
}

export interface Request {
  id: number
  method: string
  args: unknown[]
}

export type Answer = { id: number; ok: true; value: unknown } | { id: number; ok: false; error: string }

const SAMPLE_EVERY_US = 200
const MAX_FUNCTIONS = 14

/** Answers the calls of the parent process (worker-process.ts), and ends with the parent. */
export function serve(methods: Methods): void {
  const all: Methods = { ...methods, ...builtInMethods() }
  process.on('disconnect', () => process.exit())
  process.on('message', (request: Request) => void answer(all, request))
}

async function answer(methods: Methods, { id, method, args }: Request): Promise<void> {
  let reply: Answer
  try {
    const run = methods[method]
    if (run === undefined) throw new Error(`The worker does not have the method ${method}.`)
    reply = { id, ok: true, value: await run(...args) }
  } catch (error) {
    reply = { id, ok: false, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
  process.send?.(reply)
}

function builtInMethods(): BuiltInMethods {
  const session = new Session()
  return {
    async 'profile:start'() {
      session.connect()
      await session.post('Profiler.enable')
      await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_US })
      await session.post('Profiler.start')
    },
    async 'profile:stop'() {
      const { profile } = await session.post('Profiler.stop')
      session.disconnect()
      return topSelfTimes(profile, MAX_FUNCTIONS)
    },
    async cpu() {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1000
    },
  }
}
