import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Verification } from '@holdfast/tokens'

/** A login of a test: over HTTP at a gateway, or in an application that stores content in the session. */
export interface Login {
  user: string
  token: string
  /** Null: sessions of the gateway contain the name of the user. */
  content: string | null
}

/** The answer of a server about a login. `wrong`: the session of another user, or other content. */
export type Answer = 'active' | 'logged out' | 'unavailable' | 'wrong'

/** A client for the two programs of an application host (application.ts). */
export class ApplicationServer {
  readonly #socket: string

  constructor(socket: string) {
    this.#socket = socket
  }

  /** Fails until both programs can acknowledge a login. */
  async isReady(): Promise<void> {
    for (const path of ['/application/ready', '/readyz']) {
      const { status, body } = await this.#ask('GET', path)
      if (status !== 200) throw new Error(`${path} answered ${status}: ${body}`)
    }
  }

  /** Logs a user in at the gateway. */
  async logIn(user: string, password: string): Promise<Login> {
    const { status, body } = await this.#ask('POST', '/login', {
      username: user,
      password,
      response_type: 'token',
    })
    if (status !== 200) throw new Error(`The login of ${user} failed with ${status}: ${body}`)
    return { user, token: JSON.parse(body).token, content: null }
  }

  /** Starts a session with content in the application. */
  async begin(user: string, content: string): Promise<Login> {
    const { status, body } = await this.#ask('POST', '/application/login', {
      subject: user,
      claims: { content },
    })
    if (status !== 200) throw new Error(`The session of ${user} failed with ${status}: ${body}`)
    return { user, token: JSON.parse(body).token, content }
  }

  check(login: Login): Promise<Answer> {
    return login.content === null ? this.#checkAtGateway(login) : this.#checkInApplication(login)
  }

  async #checkAtGateway({ user, token }: Login): Promise<Answer> {
    const { status, body } = await this.#ask('GET', '/session', undefined, token)
    if (status === 200) return JSON.parse(body).subject === user ? 'active' : 'wrong'
    if (status === 401) return 'logged out'
    if (status === 503) return 'unavailable'
    throw new Error(`/session answered ${status}: ${body}`)
  }

  async #checkInApplication({ user, token, content }: Login): Promise<Answer> {
    const { body } = await this.#ask('POST', '/application/verify', token)
    const verified = JSON.parse(body) as Verification
    if (verified.status === 'unavailable') return 'unavailable'
    if (verified.status === 'inactive') return 'logged out'
    return verified.subject === user && verified.claims['content'] === content ? 'active' : 'wrong'
  }

  async #ask(method: string, path: string, body?: unknown, token?: string) {
    const asked = request({
      socketPath: this.#socket,
      method,
      path,
      ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    })
    asked.end(typeof body === 'object' ? JSON.stringify(body) : body)
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    return { status: response.statusCode, body: await text(response) }
  }
}
