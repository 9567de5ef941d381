import { type Server, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { SECURITY_HEADERS, SERVER_HEADER } from './headers.ts'
import { headersTooLarge, malformedRequest, type Problem, problemBody, requestTimeout } from './problems.ts'

/** How long a rejected client may go on sending before its connection is cut (in milliseconds). */
const LINGER_MS = 1000

/** Answers requests that the HTTP parser rejected: no request object exists for them. */
export function createClientErrorHandler(serverName: string) {
  const busy = new WeakSet<Socket>()

  return {
    /** Tracks the sockets on which an answer is pending. */
    watch(server: Server): void {
      server.on('request', ({ socket }, response) => {
        busy.add(socket)
        response.once('close', () => busy.delete(socket))
      })
    },

    handle(error: Error & { code?: string }, socket: Socket): void {
      if (socket.destroyed || socket.writableEnded) return
      // The client would take an answer now for the one to its earlier request on this socket.
      if (error.code === 'ECONNRESET' || busy.has(socket)) {
        socket.destroy()
        return
      }
      socket.end(rawAnswer(problemFor(error.code), serverName))
      // Further data is read and dropped for a while: closing at once would reset the connection, and the client might
      // never see the answer.
      setTimeout(() => socket.destroy(), LINGER_MS).unref()
    },
  }
}

function problemFor(code: string | undefined): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') return headersTooLarge
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return requestTimeout
  return malformedRequest
}

function rawAnswer(problem: Problem, serverName: string): string {
  const body = problemBody(problem)
  const headers = {
    ...SECURITY_HEADERS,
    [SERVER_HEADER]: serverName,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`
}
