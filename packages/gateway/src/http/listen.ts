import type { FastifyInstance } from 'fastify'
import { ListenFailedError } from '../base/errors.ts'
import type { GatewayConfig } from '../config/schema.ts'

export interface ListenOptions {
  /** A socket that already listens, opened by the parent process (systemd socket activation). */
  fd?: number | undefined
}

/** Starts to listen and returns the URL. Throws `LISTEN_FAILED` with a sentence that says what to do. */
export async function listen(
  app: FastifyInstance,
  config: GatewayConfig,
  { fd }: ListenOptions = {},
): Promise<string> {
  const { port } = config.listen
  // For `localhost` the framework would open a second server, on ::1, without our limits.
  const host = config.listen.host === 'localhost' ? '127.0.0.1' : config.listen.host
  try {
    const listenTextResolver = (url: string) => `${config.name} listens on ${url}`
    // The framework passes its options to Node, which prefers the descriptor to the address.
    const options = { host, port, listenTextResolver, ...(fd === undefined ? {} : { fd }) }
    return await app.listen(options)
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
  ENOTFOUND: 'the host name is unknown; choose another `listen.host`.',
}
