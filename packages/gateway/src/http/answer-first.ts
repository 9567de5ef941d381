import type { IncomingMessage, Server, ServerResponse } from 'node:http'

/** Answers a request at once and completely, and says true; or leaves it as it is, and says false. Must not throw. */
export type AnswerAtOnce = (request: IncomingMessage, response: ServerResponse) => boolean

/** Asks `answer` about each request of a server before all who listen to its requests now. */
export function answerFirst(server: Server, answer: AnswerAtOnce): void {
  const listeners = server.rawListeners('request')
  server.removeAllListeners('request')
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (answer(request, response)) return
    for (const listener of listeners) listener.call(server, request, response)
  })
}
