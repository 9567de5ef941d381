import type { FastifyInstance } from 'fastify'
import type { GatewayConfig } from '../config/schema.ts'
import { ListenFailedError } from '../errors.ts'

/** Starts to listen and answers the URL. Throws `LISTEN_FAILED` with a sentence that says what to do. */
export async function listen(app: FastifyInstance, config: GatewayConfig): Promise<string> {
  const { port } = config.listen
  // For `localhost` the framework would open a second server, on ::1, that our limits do not reach.
  const host = config.listen.host === 'localhost' ? '127.0.0.1' : config.listen.host
  try {
    return await app.listen({ host, port, listenTextResolver: (url) => `${config.name} listens on ${url}` })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    const reason = REASONS[code] ?? `${code}.`
    throw new ListenFailedError(`${config.name} cannot listen on ${host} port ${port}: ${reason}`, {
      cause: error,
    })
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there; end it or choose another `listen.port`.',
  EADDRNOTAVAIL: 'this machine has no such address; choose another `listen.host`.',
  EACCES: 'permission denied; choose a `listen.port` of 1024 or more.',
  ENOTFOUND: 'no such host is known; choose another `listen.host`.',
}
