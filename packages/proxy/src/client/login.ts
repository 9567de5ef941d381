import { errorReply, OK } from '../resp/reply.ts'
import { LoginRefusedError } from '../upstream/raw-connection.ts'
import type { ClientHost, Streams } from './host.ts'
import { readAuth, readHello } from './login-request.ts'
import { type ConnectionState, helloOf } from './own-answers.ts'

const HELLO_WITHOUT_LOGIN = errorReply(
  'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time',
)

/** How one client is logged in, and so which connections to Redis it shares with others. */
export class Login {
  readonly #host: ClientHost
  readonly #state: ConnectionState
  #streams: Streams | null = null
  #leave = () => {}

  constructor(host: ClientHost, state: ConnectionState) {
    this.#host = host
    this.#state = state
  }

  /** Null before the first login. */
  get streams(): Streams | null {
    return this.#streams
  }

  /** Answers AUTH and HELLO. Throws when there is no primary to ask. */
  async request(name: string, args: readonly Buffer[]): Promise<Buffer> {
    const login = name === 'auth' ? readAuth(args) : readHello(args, this.#state.protocol)
    if (typeof login === 'string') return errorReply(login)
    const { protocol = this.#state.protocol, username, password, clientName } = login
    const known = this.#streams?.identity
    const identity =
      password === undefined
        ? {
            username: known?.username ?? 'default',
            ...(known?.password === undefined ? {} : { password: known.password }),
            protocol,
          }
        : { username: username ?? 'default', password, protocol }
    let streams: Streams
    try {
      streams = await this.#host.logIn(identity)
    } catch (error) {
      if (!(error instanceof LoginRefusedError)) throw error
      return name === 'hello' && password === undefined ? HELLO_WITHOUT_LOGIN : error.reply
    }
    this.#leave()
    this.#streams = streams
    this.#leave = streams.use()
    this.#state.protocol = protocol
    if (clientName !== undefined) this.#state.name = clientName
    return name === 'auth' ? OK : helloOf(this.#state, streams.version)
  }

  leave(): void {
    this.#leave()
  }

  /** As before the first login. */
  reset(): void {
    this.#leave()
    this.#streams = null
  }
}
