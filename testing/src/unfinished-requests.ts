import { connect } from 'node:tls'
import { onTestFinished } from 'vitest'

/** Where a client connects, and from which address. */
export interface ClientPath {
  host: string
  port: number
  localAddress: string
}

const BEGINNING = [
  'POST /login HTTP/1.1',
  'Host: localhost',
  'Content-Type: application/json',
  // More than a test sends.
  'Content-Length: 1000',
]
/** So often that no timeout of a proxy ends a request (in milliseconds). */
const BYTE_INTERVAL_MS = 250

/**
 * Begins requests of one client over TLS and sends one byte after the other, as an attack on the connections of a proxy does.
 * They end with the test. `refused` counts those that the proxy closed or answered; it waits for the rest of the others.
 */
export function beginRequests(count: number, path: ClientPath): { readonly refused: number } {
  const requests = { refused: 0 }
  for (let begun = 0; begun < count; begun++) {
    const socket = connect({ ...path, rejectUnauthorized: false }, () => {
      socket.write(`${BEGINNING.join('\r\n')}\r\n\r\n`)
      sending = setInterval(() => socket.write(' '), BYTE_INTERVAL_MS)
    })
    let sending: NodeJS.Timeout | undefined
    // A refusal is an answer, an error or the end of the connection, and often two of them.
    let isRefused = false
    for (const event of ['data', 'error', 'close']) {
      socket.on(event, () => {
        if (!isRefused) requests.refused++
        isRefused = true
        clearInterval(sending)
      })
    }
    onTestFinished(() => {
      socket.destroy()
    })
  }
  return requests
}
