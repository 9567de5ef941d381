import type { IncomingMessage, Server, ServerResponse } from 'node:http'

/** Answers a request completely and returns true, or leaves it untouched and returns false. Must not throw. */
export type PreRouter = (request: IncomingMessage, response: ServerResponse) => boolean

/** Passes each request of a server to `answer` first, and only then to the current listeners. */
export function addPreRouter(server: Server, answer: PreRouter): void {
  const listeners = server.rawListeners('request')
  server.removeAllListeners('request')
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (answer(request, response)) return
    for (const listener of listeners) listener.call(server, request, response)
  })
}
