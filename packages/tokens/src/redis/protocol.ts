import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { NodeAddress } from './address.ts'

type From = NodeAddress & { localAddress: string | undefined }

/**
 * Whether a Redis or a Sentinel at that address answers without TLS. Used if a TLS handshake gets no answer,
 * because a server without TLS waits silently for the end of the line.
 */
export function speaksPlain(address: From, timeoutMs: number): Promise<boolean> {
  const socket = connectPlain(address, () => socket.write('PING\r\n'))
  return ask(socket, timeoutMs, (done) => {
    socket.once('data', (answer) => done(/^[+-][A-Z]/.test(answer.toString('latin1'))))
    socket.once('error', () => done(false))
  })
}

/**
 * Whether a server at that address answers with TLS. Used if a connection without TLS is closed before the first
 * answer. Sends only the handshake. Whether the certificate can be trusted does not matter here.
 */
export function speaksTls(address: From, timeoutMs: number): Promise<boolean> {
  const socket = connectTls(address)
  return ask(socket, timeoutMs, (done) => {
    socket.once('secureConnect', () => done(true))
    socket.once('error', (error: NodeJS.ErrnoException) => done(isOfTls(error)))
  })
}

/** Whether the error is an untrusted certificate or an alert. In both cases the other side answered with TLS. */
function isOfTls({ code = '' }: NodeJS.ErrnoException): boolean {
  if (/^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)$/.test(code)) return false
  return /^ERR_(SSL|TLS)_|CERT/.test(code) || code === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'
}

function ask(socket: Socket, timeoutMs: number, listen: (done: (answer: boolean) => void) => void) {
  return new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => done(false), timeoutMs)
    listen(done)
    socket.once('close', () => done(false))
    function done(answer: boolean) {
      clearTimeout(timer)
      socket.on('error', () => {})
      socket.destroy()
      resolve(answer)
    }
  })
}
