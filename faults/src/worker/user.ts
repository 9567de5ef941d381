import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, OperationName } from '../history/events.ts'
import { Random } from '../schedule/random.ts'
import type { LoginSystem, TokenLook } from '../systems/system.ts'
import type { Recorder } from './recorder.ts'
import type { FromWorker, OperationMix, WorkerSettings } from './settings.ts'
import type { KnownToken, TokenPool } from './token-pool.ts'

/** What the users of one worker share. */
export interface Desk {
  settings: WorkerSettings
  system: LoginSystem
  look: TokenLook
  pool: TokenPool
  recorder: Recorder
  tell: (message: FromWorker) => void
  signal: AbortSignal
}

/** Somebody at one worker who does one thing at a time. After an outcome that nobody knows a new one goes on. */
abstract class User {
  readonly desk: Desk
  readonly random: Random
  readonly #name: string
  #lives = 1

  constructor(desk: Desk, name: string) {
    this.desk = desk
    this.#name = `${desk.settings.name}.${name}`
    this.random = new Random(desk.settings.seed, this.#name)
  }

  /** Acts at a pace until told to stop. */
  async run(perSecond: number): Promise<void> {
    const pauseMs = 1000 / perSecond
    while (!this.desk.signal.aborted) {
      const startedMs = performance.now()
      await this.act()
      const tookMs = performance.now() - startedMs
      // Never in step with anybody.
      const restMs = Math.max(1, pauseMs * (0.5 + this.random.next()) - tookMs)
      await sleep(restMs, undefined, { signal: this.desk.signal }).catch(() => {})
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
    const { answer, retired } = await this.desk.recorder.record(`${this.#name}.${this.#lives}`, asked, work)
    if (retired) this.#lives += 1
    return answer
  }
}

/** Asks whether tokens are good. */
export class Verifier extends User {
  protected override async act(): Promise<void> {
    const { pool, system } = this.desk
    const known = pool.toVerify(this.random)
    if (known === null) return
    await this.record('verify', { token: known.id }, () => system.verify(known.token))
  }
}

/** Logs in and out, and does what else changes a session. */
export class Writer extends User {
  /** A stream of its own: what is done next does not depend on what came of it before. */
  readonly #operations: Random
  /** The first login is there to have something to go on with. */
  #begun = false

  constructor(desk: Desk, name: string) {
    super(desk, name)
    this.#operations = new Random(desk.settings.seed, `${desk.settings.name}.${name}/operations`)
  }

  protected override async act(): Promise<void> {
    const { settings, pool } = this.desk
    const drawn = this.#operations.weighted(this.#possible())
    const operation = this.#begun ? drawn : 'issue'
    this.#begun = true
    // The successor of a short-lived one would end with it, and no history says when that is.
    const known = pool.toChange(this.random, { lasting: operation === 'rotate' })
    if (operation === 'issue' || known === null) return this.#issue()
    if (operation === 'revoke') return this.#revoke(known)
    if (operation === 'rotate') return this.#rotate(known)
    if (operation === 'touch') return this.#touch(known)
    if (operation === 'update') return this.#update(known)
    if (operation === 'list') return this.#list(known.subject)
    return this.#revokeSubject(`user-${this.random.between(1, settings.workload.subjects)}`, known)
  }

  /** The mix, less what the system cannot do. */
  #possible(): OperationMix {
    const { mix } = this.desk.settings.workload
    const { abilities } = this.desk.system
    const ifAble = (name: 'touch' | 'update' | 'rotate' | 'revoke-subject' | 'list') =>
      abilities.has(name) ? mix[name] : 0
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
    const { settings, system, look } = this.desk
    const { subjects, shortLivedShare, shortIdleMs } = settings.workload
    const subject = `user-${this.random.between(1, subjects)}`
    const short = this.random.chance(shortLivedShare) && system.abilities.has('short-lives')
    const idleMs = short ? shortIdleMs : undefined
    let token = ''
    const answer = await this.record('issue', { subject, idleMs }, async () => {
      token = await system.issue(subject, idleMs)
      return { token: look.idOf(token) }
    })
    if (answer !== null) this.#announce(token, subject, idleMs ?? null)
  }

  async #touch({ id, token, idleMs }: KnownToken): Promise<void> {
    const asked = idleMs ?? undefined
    await this.record('touch', { token: id, idleMs: asked }, () => this.desk.system.touch(token, asked))
  }

  async #update({ id, token }: KnownToken): Promise<void> {
    await this.record('update', { token: id }, () => this.desk.system.update(token))
  }

  async #list(subject: string): Promise<void> {
    await this.record('list', { subject }, () => this.desk.system.list(subject))
  }

  async #revoke({ id, token }: KnownToken): Promise<void> {
    this.#end(id)
    await this.record('revoke', { token: id }, () => this.desk.system.revoke(token))
  }

  async #rotate({ id, token, subject, idleMs }: KnownToken): Promise<void> {
    const { system, look } = this.desk
    this.#end(id)
    let fresh: string | undefined
    await this.record('rotate', { token: id, subject }, async () => {
      const { token: issued, ...said } = await system.rotate(token)
      fresh = issued
      return issued === undefined ? said : { ...said, token: look.idOf(issued) }
    })
    if (fresh !== undefined) this.#announce(fresh, subject, idleMs)
  }

  async #revokeSubject(subject: string, mayStay: KnownToken): Promise<void> {
    const { system, pool } = this.desk
    const except = mayStay.subject === subject && this.random.chance(0.5) ? mayStay : undefined
    pool.endSubject(subject, except?.id)
    const answer = await this.record('revoke-subject', { subject, exceptToken: except?.id }, () =>
      system.revokeSubject(subject, except?.token),
    )
    for (const id of answer?.ended ?? []) this.#end(id)
  }

  #announce(token: string, subject: string, idleMs: number | null): void {
    this.desk.pool.add({ id: this.desk.look.idOf(token), token, subject, idleMs })
    this.desk.tell({ type: 'token', token, subject, idleMs })
  }

  #end(id: string): void {
    this.desk.pool.end(id)
    this.desk.tell({ type: 'ended', id })
  }
}
