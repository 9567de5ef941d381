import { connect, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import type { NodeAddress } from './address.ts'

/**
 * Deadline of a TCP handshake for callers that retry (in milliseconds). In a data centre it takes a few. The system
 * resends a lost packet only after 1000 (FACT-15), so a new attempt is faster.
 */
export const HANDSHAKE_MS = 300

/** Before it asks an idle peer whether it is there, as `@redis/client` has it for its own sockets (in milliseconds). */
const KEEP_ALIVE_MS = 30_000

/** A TCP connection, which ends with the signal. Throws when there is none in time, and what the system says. */
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

/** Throws when the handshake is not done in time. */
export async function inTime<T>(handshake: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs)
  })
  const tooLate = async () => {
    await over
    // A process that was busy may have received the answer and not read it.
    await setImmediate()
    throw new Error(`no TCP handshake in ${timeoutMs} ms`)
  }
  try {
    return await Promise.race([handshake, tooLate()])
  } finally {
    clearTimeout(timer)
  }
}
