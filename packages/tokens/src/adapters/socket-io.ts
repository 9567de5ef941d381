import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Session } from '../store/api/verification.ts'
import { bodyOf } from '../web/refusals.ts'
import { createUpgradeSessions, refuseUpgrade, type UpgradeOptions } from './upgrade.ts'

/** What the adapter uses of a connection of the engine, which carries the sockets of all namespaces. */
export interface EngineConnection {
  id: string
  request: IncomingMessage
  close(): unknown
  once(event: 'close', listener: () => void): unknown
}

/** What the adapter uses of a server of socket.io 4.6 or later. */
export interface SocketServerLike {
  engine: {
    use(
      middleware: (request: IncomingMessage, response: ServerResponse, next: (error?: Error) => void) => void,
    ): void
    on(event: 'connection', listener: (connection: EngineConnection) => void): unknown
  }
}

export interface SocketSessions {
  /** The session of a socket. */
  sessionOf(socket: { request: IncomingMessage }): Session | null
}

/**
 * Admits only clients with a session, over each transport: otherwise the answer is 401, 403 for a page of another site,
 * or 503 while the store cannot answer. It closes a connection, with its sockets in every namespace, when its session has
 * ended. Call it after the server is attached to its HTTP server. Throws `INVALID_OPTION`.
 */
export function sessions(io: SocketServerLike, options: UpgradeOptions): SocketSessions {
  const upgrades = createUpgradeSessions(options)
  const open = new Set<string>()

  io.engine.use(async (request, response, next) => {
    try {
      const refusal = isOpen(request) ? null : await upgrades.admit(request)
      if (refusal === null) next()
      // For an upgrade, `response` is a stand-in that writes nothing.
      else if (request.headers.upgrade !== undefined) refuseUpgrade(request.socket, refusal)
      else {
        response.writeHead(refusal.status, { ...refusal.headers, 'content-type': 'application/json' })
        response.end(JSON.stringify(bodyOf(refusal)))
      }
    } catch (error) {
      next(error instanceof Error ? error : new Error('The session could not be verified.', { cause: error }))
    }
  })

  io.engine.on('connection', (connection) => {
    const close = () => void connection.close()
    if (upgrades.sessionOf(connection.request) === null) {
      close()
      return
    }
    open.add(connection.id)
    const stop = upgrades.watch(connection.request, close)
    connection.once('close', () => {
      open.delete(connection.id)
      stop()
    })
  })

  return { sessionOf: ({ request }) => upgrades.sessionOf(request) }

  /** Each request of a connection that is open already names it: an outage must not close it. */
  function isOpen({ url = '' }: IncomingMessage): boolean {
    const id = new URLSearchParams(url.split('?')[1]).get('sid')
    return id !== null && open.has(id)
  }
}
