import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { NodeLogin } from '../data-centre.ts'
import { serve } from './serve.ts'

/** Connections that log in and then send nothing. Node raises the limit of open files to the hard limit by itself. */

const AT_A_TIME = 100
const sockets: Socket[] = []

async function open({ host, port, username, password }: NodeLogin): Promise<void> {
  const socket = connect(port, host)
  sockets.push(socket)
  socket.write(`AUTH ${username} ${password}\r\nPING\r\n`)
  let text = ''
  while (!text.endsWith('+PONG\r\n')) {
    const [data] = await once(socket, 'data')
    text += String(data)
    if (text.startsWith('-')) throw new Error(text)
  }
}

const methods = {
  async open(login: NodeLogin, count: number): Promise<void> {
    let left = count
    const loop = async () => {
      while (left > 0) {
        left -= 1
        await open(login)
      }
    }
    await Promise.all(Array.from({ length: AT_A_TIME }, loop))
  },
}

export type IdleConnectionsWorker = typeof methods
serve(methods)
