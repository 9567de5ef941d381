import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** A bare TCP server of a test. It simulates a wrong port, or a hung or foreign server. */
export interface TcpServer {
  readonly host: string
  readonly port: number
  /** The number of open connections. */
  openConnections(): number
  /** Ends every connection, and stops listening. */
  close(): void
}

/**
 * Listens on `host`, on a free port unless `port` is given. Clients may break a connection at any moment, as real
 * clients do. The test ignores these errors.
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
