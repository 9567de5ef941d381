import { createServer, type Server, type Socket } from 'node:net'
import { listen } from '../listen.ts'
import { errorReply, OK } from '../resp/reply.ts'
import { RequestParser } from '../resp/request-parser.ts'
import { type Announced, type SentinelConnectionState, sentinelAnswer } from './sentinel-answers.ts'

/** A question to a Sentinel is short. */
const LIMITS = { maxBytes: 64 * 1024, maxArgs: 1024 }
/** A client that does not read its answers is not read on. */
const MAX_UNSENT_BYTES = 64 * 1024

/**
 * Answers where clients that are configured with Sentinels ask for their primary: it is the proxy, now and always. They
 * never hear of a failover, so they never reconnect.
 */
export class SentinelPort {
  readonly #announced: Announced
  readonly #maxClients: number
  readonly #sockets = new Set<Socket>()
  #server: Server | null = null

  constructor(announced: Announced, maxClients: number) {
    this.#announced = announced
    this.#maxClients = maxClients
  }

  /** Listens at an address or on an inherited descriptor, and returns the port. Throws the error of the system. */
  async listen(where: { host: string; port: number } | { fd: number }): Promise<number> {
    const server = createServer((socket) => this.#accept(socket))
    const port = await listen(server, where)
    this.#server = server
    return port
  }

  close(): void {
    this.#server?.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #accept(socket: Socket): void {
    socket.on('error', () => socket.destroy())
    if (this.#sockets.size >= this.#maxClients) {
      socket.end(errorReply('ERR max number of clients reached'))
      return
    }
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    const parser = new RequestParser(LIMITS)
    const state: SentinelConnectionState = { protocol: 2, channels: new Set() }
    socket.on('drain', () => socket.resume())
    socket.on('data', (chunk) => {
      for (const { args } of parser.push(chunk)) {
        const answer = sentinelAnswer(args, this.#announced, state)
        if (answer === null) {
          socket.end(OK)
          return
        }
        socket.write(answer)
      }
      if (parser.problem !== null) socket.end(errorReply(`ERR ${parser.problem}`))
      else if (socket.writableLength > MAX_UNSENT_BYTES) socket.pause()
    })
  }
}
