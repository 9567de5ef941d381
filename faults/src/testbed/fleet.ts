import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ApplicationLogin } from '../data-centre/names.ts'
import { until, withTimeout } from '../data-centre/until.ts'
import { Network } from '../hosts/network.ts'
import type { AppHost } from '../hosts/places.ts'
import { processState } from '../hosts/process-state.ts'
import type { FromWorker, ToWorker, WorkerSettings } from '../worker/settings.ts'
import type { Timeline } from './timeline.ts'

export type SettingsOf = (name: string, historyFile: string, login: ApplicationLogin) => WorkerSettings

const PROGRAM = fileURLToPath(new URL('../worker/main.ts', import.meta.url))
const READY_MS = 40_000
const STOPPED_MS = 20_000
const RENEWED_MS = 40_000
const OFFER_MS = 8000
const OFFER_RETRY_MS = 300

type KnownToken = Extract<FromWorker, { type: 'token' }>

/** A process that waits for its settings. */
interface Prepared {
  name: string
  host: AppHost
  child: ChildProcess
}

interface Member extends Prepared {
  ready: Promise<void>
  stopped: Promise<void>
  /** The passwords that it is known to use. */
  login: ApplicationLogin
  /** Called with the server's answer to an offer of new passwords. */
  onRenewed: (problem: string | null) => void
}

/**
 * The application servers of a testbed. They report the tokens that they issue, and the fleet forwards each token to
 * the other servers without using the network of the testbed.
 */
export class Fleet {
  readonly historyFiles: string[] = []
  /** Every token that a server reported. */
  readonly tokens = new Map<string, KnownToken>()
  /** The longest stall of any server's event loop (in milliseconds). It shows whether this machine kept up. */
  longestStallMs = 0
  readonly #folder: string
  readonly #settingsOf: SettingsOf
  readonly #env: (host: AppHost) => NodeJS.ProcessEnv
  readonly #idOf: (token: string) => string
  readonly #timeline: Timeline
  #login: ApplicationLogin
  readonly #members = new Map<string, Member>()
  readonly #prepared: Prepared[] = []
  #started = 0

  constructor(options: {
    folder: string
    settingsOf: SettingsOf
    env: (host: AppHost) => NodeJS.ProcessEnv
    idOf: (token: string) => string
    timeline: Timeline
    login: ApplicationLogin
  }) {
    this.#login = options.login
    this.#folder = options.folder
    this.#settingsOf = options.settingsOf
    this.#env = options.env
    this.#idOf = options.idOf
    this.#timeline = options.timeline
  }

  /** The passwords with which new servers log in. */
  get login(): ApplicationLogin {
    return this.#login
  }

  /** The names of the servers on a host. */
  serversOn(host: AppHost): string[] {
    return [...this.#members.values()].filter((member) => member.host === host).map(({ name }) => name)
  }

  /** The process ids of the servers on a host. */
  pidsOn(host: AppHost): number[] {
    return this.#at(host).flatMap(({ child }) => (child.pid === undefined ? [] : [child.pid]))
  }

  /** Starts the process of a server early. The process then waits for its settings. */
  prepare(host: AppHost): void {
    this.#prepared.push(this.#spawn(host))
  }

  /** Starts a server on a host. Resolves when its users are active. */
  async start(host: AppHost): Promise<void> {
    const index = this.#prepared.findIndex((prepared) => prepared.host === host)
    const [prepared = this.#spawn(host)] = index < 0 ? [] : this.#prepared.splice(index, 1)
    const { name, child } = prepared
    const historyFile = join(this.#folder, `history-${name}.jsonl`)
    this.historyFiles.push(historyFile)
    const ready = Promise.withResolvers<void>()
    const stopped = Promise.withResolvers<void>()
    const member: Member = {
      name,
      host,
      child,
      ready: ready.promise,
      stopped: stopped.promise,
      login: this.#login,
      onRenewed: () => {},
    }
    child.on('exit', (code) => {
      ready.reject(new Error(`Server ${name} exited with code ${code} before it was ready.`))
      stopped.resolve()
    })
    ready.promise.catch(() => {})
    if (child.stdout) {
      createInterface(child.stdout).on('line', (line) => {
        const message = JSON.parse(line) as FromWorker
        if (message.type === 'ready') ready.resolve()
        else if (message.type === 'stopped') stopped.resolve()
        else if (message.type === 'renewed') member.onRenewed(message.problem)
        else this.#handleMessage(member, message)
      })
    }
    this.#members.set(name, member)
    send(member, this.#settingsOf(name, historyFile, member.login))
    for (const known of this.tokens.values()) send(member, known)
    await withTimeout(member.ready, READY_MS, `Server ${name} did not become ready.`)
  }

  pause(host: AppHost): void {
    for (const { child } of this.#at(host)) child.kill('SIGSTOP')
  }

  resume(host: AppHost): void {
    for (const { child } of this.#at(host)) child.kill('SIGCONT')
  }

  async arePaused(host: AppHost): Promise<boolean> {
    const states = await Promise.all(this.#at(host).map(({ child }) => processState(child.pid)))
    return states.length > 0 && states.every((state) => state === 'paused')
  }

  /** Sends kill -9 to all servers of a host. */
  async kill(host: AppHost): Promise<number> {
    const members = this.#at(host)
    for (const { child, name } of members) {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
      this.#members.delete(name)
    }
    return members.length
  }

  /**
   * Gives new passwords to all running servers, and to later servers at their start. A server that does not take the
   * passwords gets another offer, because it may be isolated at the moment. Rejects when a server has not taken them
   * in time.
   */
  async renew(login: ApplicationLogin): Promise<void> {
    this.#login = login
    await until(
      'every server uses the new passwords',
      async () => {
        const old = [...this.#members.values()].filter((member) => member.login !== login)
        return (await Promise.all(old.map((member) => this.#offer(member, login)))).every(Boolean)
      },
      { timeoutMs: RENEWED_MS },
    )
  }

  /** Lets all servers finish their current work. */
  async stop(): Promise<void> {
    const members = [...this.#members.values()]
    for (const member of members) send(member, { type: 'stop' })
    await Promise.all(
      members.map(({ stopped, name }) => withTimeout(stopped, STOPPED_MS, `Server ${name} did not stop.`)),
    )
  }

  /** Returns whether the server has taken the passwords, or has ended. */
  async #offer(member: Member, login: ApplicationLogin): Promise<boolean> {
    const answer = Promise.withResolvers<string | null>()
    member.onRenewed = answer.resolve
    send(member, { type: 'renew', login })
    const late = setTimeout(() => answer.resolve(`no answer within ${OFFER_MS} ms`), OFFER_MS)
    const problem = await Promise.race([answer.promise, member.stopped.then(() => null)])
    clearTimeout(late)
    if (problem === null) {
      member.login = login
      return true
    }
    this.#timeline.note(`${member.name} (${member.host}) did not apply the new passwords: ${problem}`)
    await new Promise((resolve) => setTimeout(resolve, OFFER_RETRY_MS))
    return false
  }

  #spawn(host: AppHost): Prepared {
    const name = `w${++this.#started}`
    const [enter, ...inPlace] = Network.commandIn(host)
    const child = spawn(enter, [...inPlace, process.execPath, PROGRAM], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...this.#env(host), NODE_NO_WARNINGS: '1' },
    })
    child.stderr?.pipe(createWriteStream(join(this.#folder, `${name}.log`)))
    // The pipe of a killed server breaks. Its `exit` event already reports the end.
    child.stdin?.on('error', () => {})
    return { name, host, child }
  }

  #at(host: AppHost): Member[] {
    return [...this.#members.values()].filter((member) => member.host === host)
  }

  #handleMessage(from: Member, message: FromWorker): void {
    if (message.type === 'stalled') this.longestStallMs = Math.max(this.longestStallMs, message.forMs)
    else if (message.type === 'event') {
      this.#timeline.entries.push({
        atMs: message.atMs,
        what: `${from.name} (${from.host}): ${message.event}`,
      })
    } else if (message.type === 'token' || message.type === 'ended') {
      if (message.type === 'token') this.tokens.set(this.#idOf(message.token), message)
      for (const member of this.#members.values()) if (member !== from) send(member, message)
    }
  }
}

function send(member: Member, message: ToWorker | WorkerSettings): void {
  if (member.child.exitCode === null && member.child.signalCode === null) {
    member.child.stdin?.write(`${JSON.stringify(message)}\n`)
  }
}
