import { chmod, lstat, unlink } from 'node:fs/promises'
import net from 'node:net'
import type { FastifyInstance } from 'fastify'
import { ListenFailedError } from '../base/errors.ts'
import type { AdminListen } from '../config/admin.ts'

/** How long a process behind an existing socket has to accept a connection (in milliseconds). */
const TAKEN_MS = 500

/**
 * Starts the admin listener and returns its address. A Unix socket gets mode 0600; one without a listening process is
 * replaced. Throws `LISTEN_FAILED`.
 */
export async function listenForAdministrators(
  app: FastifyInstance,
  where: AdminListen,
  options: { removeStale: boolean },
): Promise<string> {
  try {
    if (!('socket' in where)) return await app.listen({ ...where, listenTextResolver: logText })
    if (options.removeStale) await removeStaleSocket(where.socket)
    const address = await app.listen({ path: where.socket, listenTextResolver: logText })
    await chmod(where.socket, 0o600)
    return address
  } catch (error) {
    if (error instanceof ListenFailedError) throw error
    const place = 'socket' in where ? where.socket : `${where.host} port ${where.port}`
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new ListenFailedError(
      `The admin API cannot listen on ${place}: ${code}. Choose another \`admin.listen\`, or end the process that listens there.`,
      { cause: error },
    )
  }
}

const logText = (address: string) => `The admin API listens on ${address}`

/** Removes a socket that no process listens on. Throws `LISTEN_FAILED` when a process does. */
export async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (found === null || !found.isSocket()) return
  if (await isListenedOn(path)) {
    throw new ListenFailedError(
      `The admin API cannot listen on ${path}: another process listens there. End that process first.`,
    )
  }
  await unlink(path)
}

function isListenedOn(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(path)
    const answer = (taken: boolean) => {
      socket.destroy()
      resolve(taken)
    }
    socket.setTimeout(TAKEN_MS, () => answer(true))
    socket.once('connect', () => answer(true))
    socket.once('error', () => answer(false))
  })
}
