// Stands in for the proxy in tests of the supervisor: it answers the login of every client, and nothing else.
import { createServer } from 'node:net'

const [host, port] = process.argv[process.argv.indexOf('--listen') + 1].split(':')
const HELLO = '%1\r\n$5\r\nproto\r\n:3\r\n'

const server = createServer((socket) => {
  socket.on('error', () => {})
  socket.once('data', () => socket.write(HELLO))
})
server.listen(Number(port), host)
// The real one reads its secrets again.
process.on('SIGHUP', () => {})
process.on('SIGTERM', () => process.exit(0))
