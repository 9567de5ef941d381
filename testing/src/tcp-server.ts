import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** A bare TCP server of a test: what a wrong port, or a hung or foreign server, looks like. */
export interface TcpServer {
  readonly host: string
  readonly port: number
  /** How many connections are open now. */
  openConnections(): number
  /** Ends every connection, and listens no more. */
  close(): void
}

/**
 * Listens on `host`, on a free port unless one is given. Whoever connects may break the connection off at any
 * moment, as real clients do: that is no error of the test.
 */
export async function startTcpServer(
  onSocket: (socket: Socket) => void,
  { host = '127.0.0.1', port = 0 } = {},
): Promise<TcpServer> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    onSocket(socket)
  })
  server.listen(port, host)
  await once(server, 'listening')
  return {
    host,
    port: (server.address() as AddressInfo).port,
    openConnections: () => sockets.size,
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
