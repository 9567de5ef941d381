import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Session } from '../store/api/verification.ts'
import { createUpgradeSessions, refuseUpgrade, type UpgradeOptions } from './upgrade.ts'

/** What the adapter uses of a connection of `ws`. */
export interface WebSocketLike {
  close(code: number, reason: string): void
  once(event: 'close', listener: () => void): unknown
}

/** What the adapter uses of `new WebSocketServer({ noServer: true })` of `ws`. */
export interface WebSocketServerLike<Client extends WebSocketLike> {
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    callback: (client: Client, request: IncomingMessage) => void,
  ): void
  emit(event: 'connection', client: Client, request: IncomingMessage): boolean
}

export interface WebSocketSessions {
  /**
   * For the event `upgrade` of an HTTP server: opens the WebSocket of a request with a session, and emits `connection`.
   * Otherwise it answers 401, 403 for a page of another site, or 503 while the store cannot answer. It closes the
   * WebSocket (code 1008) when its session has ended.
   */
  upgrade<Client extends WebSocketLike>(
    server: WebSocketServerLike<Client>,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): Promise<void>
  /** The session of the request that opened a WebSocket. */
  sessionOf(request: IncomingMessage): Session | null
}

/** RFC 6455, section 7.4.1: policy violation. */
const SESSION_ENDED = [1008, 'The session has ended.'] as const

/** Creates the sessions of the WebSockets of a server. Throws `INVALID_OPTION`. */
export function sessions(options: UpgradeOptions): WebSocketSessions {
  const upgrades = createUpgradeSessions(options)
  return {
    sessionOf: upgrades.sessionOf,
    async upgrade(server, request, socket, head) {
      // The client may hang up while its token is verified: without a listener, that would end the process.
      const hungUp = () => void socket.destroy()
      socket.once('error', hungUp)
      try {
        const refusal = await upgrades.admit(request)
        if (refusal !== null) {
          refuseUpgrade(socket, refusal)
          return
        }
        socket.off('error', hungUp)
        server.handleUpgrade(request, socket, head, (client) => {
          client.once(
            'close',
            upgrades.watch(request, () => client.close(...SESSION_ENDED)),
          )
          server.emit('connection', client, request)
        })
      } catch (error) {
        socket.destroy()
        throw error
      }
    },
  }
}
