import { once } from 'node:events'
import { createServer } from 'node:http'
import type { ControlStatus } from '@holdfast/local/supervise/control-protocol'
import { DATA_CENTRE } from './names.ts'

/**
 * Serves the control socket of a data centre for the product's operations. They ask there whether the data centre
 * runs, and announce new secrets. The socket refuses all other actions of a supervisor, because the campaign
 * performs them itself.
 */
export async function serveControl(socketPath: string, reload: () => Promise<void>): Promise<void> {
  const status: ControlStatus = { name: DATA_CENTRE, timings: 'custom', processes: [] }
  const answers: Record<string, () => Promise<void>> = {
    'GET /status': async () => {},
    'POST /reload': reload,
  }
  const server = createServer((request, response) => {
    const say = (code: number, body: object) => {
      response.writeHead(code, { 'content-type': 'application/json', connection: 'close' })
      response.end(JSON.stringify(body))
    }
    const answer = answers[`${request.method} ${request.url}`]
    if (answer === undefined)
      return say(404, { error: 'The campaign supports only GET /status and POST /reload.' })
    answer().then(
      () => say(200, status),
      (error: unknown) => say(500, { error: String(error) }),
    )
  })
  server.listen(socketPath)
  await once(server, 'listening')
}
