import { connect, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import type { NodeAddress } from './address.ts'

/**
 * Deadline of a TCP handshake for callers that retry (in milliseconds). In a data centre a handshake takes a few
 * milliseconds. The operating system resends a lost packet only after 1000 ms (FACT-15), so a new attempt is
 * faster.
 */
export const HANDSHAKE_MS = 300

/** The idle time before a TCP keep-alive probe (in milliseconds), as `@redis/client` sets it for its own sockets. */
const KEEP_ALIVE_MS = 30_000

/**
 * Opens a TCP connection, which ends with the signal. Throws if it does not open in time, or with the error of the
 * operating system.
 */
export async function dial(
  { host, port }: NodeAddress,
  localAddress: string | undefined,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Socket> {
  const socket = connect({
    host,
    port,
    ...(localAddress === undefined ? {} : { localAddress }),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    signal,
  })
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  await inTime(connected, timeoutMs)
  return socket
}

/** Throws if the handshake does not finish in time. */
export async function inTime<T>(handshake: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs)
  })
  const tooLate = async () => {
    await over
    // A busy process may have received the answer without reading it.
    await setImmediate()
    throw new Error(`no TCP handshake in ${timeoutMs} ms`)
  }
  try {
    return await Promise.race([handshake, tooLate()])
  } finally {
    clearTimeout(timer)
  }
}
