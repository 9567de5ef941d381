import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, OperationName } from '../history/events.ts'
import { Random } from '../schedule/random.ts'
import type { LoginSystem, TokenInspector } from '../systems/system.ts'
import type { Recorder } from './recorder.ts'
import type { FromWorker, OperationMix, WorkerSettings } from './settings.ts'
import type { KnownToken, TokenPool } from './token-pool.ts'

/** The objects that the users of one worker share. */
export interface WorkerContext {
  settings: WorkerSettings
  system: LoginSystem
  inspector: TokenInspector
  pool: TokenPool
  recorder: Recorder
  send: (message: FromWorker) => void
  signal: AbortSignal
}

/**
 * A user of one worker, who does one thing at a time. After an operation with an unknown outcome, the user continues
 * under a new name.
 */
abstract class User {
  readonly context: WorkerContext
  readonly random: Random
  readonly #name: string
  #incarnation = 1

  constructor(context: WorkerContext, name: string) {
    this.context = context
    this.#name = `${context.settings.name}.${name}`
    this.random = new Random(context.settings.seed, this.#name)
  }

  /** Acts at the given rate until the signal aborts. */
  async run(perSecond: number): Promise<void> {
    const pauseMs = 1000 / perSecond
    while (!this.context.signal.aborted) {
      const startedMs = performance.now()
      await this.act()
      const tookMs = performance.now() - startedMs
      // Vary the pause, so that users do not act in step.
      const restMs = Math.max(1, pauseMs * (0.5 + this.random.next()) - tookMs)
      await sleep(restMs, undefined, { signal: this.context.signal }).catch(() => {})
    }
  }

  protected abstract act(): Promise<void>

  protected async record(
    operation: OperationName,
    about: {
      token?: string
      subject?: string
      idleMs?: number | undefined
      exceptToken?: string | undefined
    },
    work: () => Promise<Answer>,
  ): Promise<Answer | null> {
    const { idleMs, exceptToken, ...rest } = about
    const asked = {
      operation,
      ...rest,
      ...(idleMs === undefined ? {} : { idleMs }),
      ...(exceptToken === undefined ? {} : { exceptToken }),
    }
    const { answer, retired } = await this.context.recorder.record(
      `${this.#name}.${this.#incarnation}`,
      asked,
      work,
    )
    if (retired) this.#incarnation += 1
    return answer
  }
}

/** Verifies tokens. */
export class Verifier extends User {
  protected override async act(): Promise<void> {
    const { pool, system } = this.context
    const known = pool.pickToVerify(this.random)
    if (known === null) return
    await this.record('verify', { token: known.id }, () => system.verify(known.token))
  }
}

/** Logs in and out, and changes sessions in other ways. */
export class Writer extends User {
  /** A separate random stream. The next operation then does not depend on the results of earlier operations. */
  readonly #operations: Random
  /** Whether the first login has been made. The other operations need a session. */
  #begun = false

  constructor(context: WorkerContext, name: string) {
    super(context, name)
    this.#operations = new Random(context.settings.seed, `${context.settings.name}.${name}/operations`)
  }

  protected override async act(): Promise<void> {
    const { settings, pool } = this.context
    const drawn = this.#operations.weighted(this.#possible())
    const operation = this.#begun ? drawn : 'issue'
    this.#begun = true
    // The successor of a short-lived session would end with it, and the history does not contain the time of that end.
    const known = pool.pickToChange(this.random, { lasting: operation === 'rotate' })
    if (operation === 'issue' || known === null) return this.#issue()
    if (operation === 'revoke') return this.#revoke(known)
    if (operation === 'rotate') return this.#rotate(known)
    if (operation === 'touch') return this.#touch(known)
    if (operation === 'update') return this.#update(known)
    if (operation === 'list') return this.#list(known.subject)
    return this.#revokeSubject(`user-${this.random.between(1, settings.workload.subjects)}`, known)
  }

  /** The mix without the operations that the system does not support. */
  #possible(): OperationMix {
    const { mix } = this.context.settings.workload
    const { capabilities } = this.context.system
    const ifAble = (name: 'touch' | 'update' | 'rotate' | 'revoke-subject' | 'list') =>
      capabilities.has(name) ? mix[name] : 0
    return {
      ...mix,
      touch: ifAble('touch'),
      update: ifAble('update'),
      rotate: ifAble('rotate'),
      'revoke-subject': ifAble('revoke-subject'),
      list: ifAble('list'),
    }
  }

  async #issue(): Promise<void> {
    const { settings, system, inspector } = this.context
    const { subjects, shortLivedShare, shortIdleMs } = settings.workload
    const subject = `user-${this.random.between(1, subjects)}`
    const short = this.random.chance(shortLivedShare) && system.capabilities.has('short-lifetimes')
    const idleMs = short ? shortIdleMs : undefined
    let token = ''
    const answer = await this.record('issue', { subject, idleMs }, async () => {
      token = await system.issue(subject, idleMs)
      return { token: inspector.idOf(token) }
    })
    if (answer !== null) this.#announce(token, subject, idleMs ?? null)
  }

  async #touch({ id, token, idleMs }: KnownToken): Promise<void> {
    const asked = idleMs ?? undefined
    await this.record('touch', { token: id, idleMs: asked }, () => this.context.system.touch(token, asked))
  }

  async #update({ id, token }: KnownToken): Promise<void> {
    await this.record('update', { token: id }, () => this.context.system.update(token))
  }

  async #list(subject: string): Promise<void> {
    await this.record('list', { subject }, () => this.context.system.list(subject))
  }

  async #revoke({ id, token }: KnownToken): Promise<void> {
    this.#end(id)
    await this.record('revoke', { token: id }, () => this.context.system.revoke(token))
  }

  async #rotate({ id, token, subject, idleMs }: KnownToken): Promise<void> {
    const { system, inspector } = this.context
    this.#end(id)
    let fresh: string | undefined
    await this.record('rotate', { token: id, subject }, async () => {
      const { token: issued, ...answer } = await system.rotate(token)
      fresh = issued
      return issued === undefined ? answer : { ...answer, token: inspector.idOf(issued) }
    })
    if (fresh !== undefined) this.#announce(fresh, subject, idleMs)
  }

  async #revokeSubject(subject: string, exceptCandidate: KnownToken): Promise<void> {
    const { system, pool } = this.context
    const except =
      exceptCandidate.subject === subject && this.random.chance(0.5) ? exceptCandidate : undefined
    pool.endSubject(subject, except?.id)
    const answer = await this.record('revoke-subject', { subject, exceptToken: except?.id }, () =>
      system.revokeSubject(subject, except?.token),
    )
    for (const id of answer?.ended ?? []) this.#end(id)
  }

  #announce(token: string, subject: string, idleMs: number | null): void {
    this.context.pool.add({ id: this.context.inspector.idOf(token), token, subject, idleMs })
    this.context.send({ type: 'token', token, subject, idleMs })
  }

  #end(id: string): void {
    this.context.pool.end(id)
    this.context.send({ type: 'ended', id })
  }
}
