import { rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { z } from 'zod'
import type { ControlError, ControlStatus } from './control-protocol.ts'
import { SIGNALS } from './control-protocol.ts'
import type { Supervisor } from './supervisor.ts'

const MAX_BODY_BYTES = 1024
const LAST_REPLIES_TIMEOUT_MS = 1000
const signalSchema = z.object({ signal: z.enum(SIGNALS) })

/** Serves the control socket, a Unix socket that only the owner of the state folder can reach. */
export async function serveControl(
  supervisor: Supervisor,
  socketPath: string,
  stopAll: () => Promise<void>,
): Promise<Server> {
  const server = createServer({ requestTimeout: 5000 }, (request, response) => {
    answer(supervisor, stopAll, request)
      .catch((error: unknown) => refuse(500, error instanceof Error ? error.message : String(error)))
      .then((reply) => send(response, reply))
  })
  rmSync(socketPath, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socketPath, resolve)
  })
  return server
}

/** Closes the server once every pending request has its reply. Idle connections are closed after a timeout. */
export async function endControl(server: Server): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), LAST_REPLIES_TIMEOUT_MS)
  await new Promise<void>((resolve) => server.close(() => resolve()))
  clearTimeout(timer)
}

interface Reply {
  status: number
  body: ControlStatus | ControlError
}

async function answer(
  supervisor: Supervisor,
  stopAll: () => Promise<void>,
  request: IncomingMessage,
): Promise<Reply> {
  const path = new URL(request.url ?? '/', 'http://control').pathname
  const [collection = '', id = '', action = ''] = path.split('/').slice(1).map(decodeURIComponent)
  const route = `${request.method} ${[collection, id && ':id', action].filter(Boolean).join('/')}`
  const done = (): Reply => ({ status: 200, body: statusOf(supervisor) })
  switch (route) {
    case 'GET status':
      return done()
    case 'POST processes/:id/signal':
      return signalProcess(supervisor, id, await readBody(request)) ?? done()
    case 'POST processes/:id/restart':
      return (await restartProcess(supervisor, id)) ?? done()
    case 'POST hosts/:id/lose':
    case 'POST hosts/:id/restore':
      if (!supervisor.isDataHost(id)) return refuse(404, `This data centre has no data host "${id}".`)
      if (action === 'lose') await supervisor.loseHost(id)
      else supervisor.restoreHost(id)
      return done()
    case 'POST reload':
      await supervisor.reload()
      return done()
    case 'POST stop':
      await stopAll()
      return done()
    default:
      return refuse(404, `The control socket does not serve ${request.method} ${path}.`)
  }
}

/** Sends a signal. Returns the refusal, or null when the signal was sent. */
function signalProcess(supervisor: Supervisor, name: string, body: string): Reply | null {
  const process = supervisor.find(name)
  if (process === undefined) return refuse(404, `This data centre has no process "${name}".`)
  const asked = signalSchema.safeParse(parseJson(body))
  if (!asked.success) return refuse(400, `\`signal\` must be one of ${SIGNALS.join(', ')}.`)
  if (process.signal(asked.data.signal)) return null
  return refuse(409, `${name} is not running now (${process.state}).`)
}

/** Restarts a process. Returns the refusal, or null when the process has ended and starts again. */
async function restartProcess(supervisor: Supervisor, name: string): Promise<Reply | null> {
  const process = supervisor.find(name)
  if (process === undefined) return refuse(404, `This data centre has no process "${name}".`)
  if (await supervisor.restart(process)) return null
  return refuse(409, `${name} is not running now (${process.state}).`)
}

const refuse = (status: number, error: string): Reply => ({ status, body: { error } })

function statusOf(supervisor: Supervisor): ControlStatus {
  const { name, timings } = supervisor.topology
  return { name, timings: timings.name, processes: supervisor.status() }
}

function send(response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' })
  response.end(`${JSON.stringify(body)}\n`)
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request) {
    const bytes = Buffer.from(part)
    size += bytes.length
    if (size <= MAX_BODY_BYTES) parts.push(bytes)
  }
  return Buffer.concat(parts).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
