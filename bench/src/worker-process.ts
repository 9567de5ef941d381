import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { SelfTime } from './profile.ts'
import type { Answer, BuiltInMethods, Methods, Request } from './workers/serve.ts'

/** Longer than the longest call of any benchmark (in milliseconds). */
const CALL_TIMEOUT_MS = 180_000

/**
 * A separate process for one side of a benchmark, so that the sides do not slow each other down. `M` is the type of
 * the methods that its file serves (`workers/*.ts`).
 */
export class WorkerProcess<M extends Methods> {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  #calls = 0

  private constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', (answer: Answer) => {
      const waiting = this.#waiting.get(answer.id)
      this.#waiting.delete(answer.id)
      if (answer.ok) waiting?.resolve(answer.value)
      else waiting?.reject(new Error(answer.error))
    })
    child.on('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`A worker exited with ${code ?? signal}.`))
      this.#waiting.clear()
    })
  }

  /** Starts `workers/<name>.ts`. The process ends with the stack. */
  static start<M extends Methods>(stack: AsyncDisposableStack, name: string): WorkerProcess<M> {
    const file = new URL(`./workers/${name}.ts`, import.meta.url)
    const child = fork(file, {
      serialization: 'advanced',
      env: { ...process.env, NODE_ENV: 'production' },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const worker = new WorkerProcess<M>(child)
    stack.defer(() => worker.stop())
    return worker
  }

  /**
   * Calls a method of the worker. Rejects with the error of the method, when the worker ends, or after three
   * minutes.
   */
  call<K extends keyof M & string>(method: K, ...args: Parameters<M[K]>): Promise<Awaited<ReturnType<M[K]>>> {
    return this.#send(method, args) as Promise<Awaited<ReturnType<M[K]>>>
  }

  /** Profiles the worker while `work` runs. */
  async profile(work: () => Promise<unknown>): Promise<SelfTime[]> {
    await this.#send('profile:start' satisfies keyof BuiltInMethods, [])
    await work()
    return (await this.#send('profile:stop' satisfies keyof BuiltInMethods, [])) as SelfTime[]
  }

  /** The processor time that the worker has used so far (in milliseconds). */
  async cpuMs(): Promise<number> {
    return (await this.#send('cpu' satisfies keyof BuiltInMethods, [])) as number
  }

  /** Stops the worker by its handle. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
  }

  #send(method: string, args: unknown[]): Promise<unknown> {
    this.#calls += 1
    const request: Request = { id: this.#calls, method, args }
    const waiting = Promise.withResolvers<unknown>()
    this.#waiting.set(request.id, waiting)
    this.#child.send(request, (error) => error && waiting.reject(error))
    const timer = setTimeout(
      () => waiting.reject(new Error(`A worker did not answer ${method} within ${CALL_TIMEOUT_MS} ms.`)),
      CALL_TIMEOUT_MS,
    )
    return waiting.promise.finally(() => clearTimeout(timer))
  }
}
