// Stands in for the proxy in tests of the supervisor: it answers the login of every client, and nothing else.
import { createServer } from 'node:net'

const { hostname, port } = new URL(`redis://${process.argv[process.argv.indexOf('--listen') + 1]}`)
const HELLO = '%1\r\n$5\r\nproto\r\n:3\r\n'

const server = createServer((socket) => {
  socket.on('error', () => {})
  socket.once('data', () => socket.write(HELLO))
})
server.listen(Number(port), hostname)
process.on('SIGTERM', () => process.exit(0))
