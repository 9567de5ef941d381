// Stands in for the gateway in tests of the supervisor: it reports its name and the request, and can delay its reply.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

const file = process.argv[process.argv.indexOf('--config') + 1]
const { name, listen } = JSON.parse(readFileSync(file, 'utf8'))

const server = createServer(async (request, response) => {
  let body = ''
  for await (const part of request) body += part
  const delayMs = Number(new URL(request.url, 'http://any').searchParams.get('delayMs') ?? 0)
  const { headers } = request
  setTimeout(() => {
    response.writeHead(200, { 'content-type': 'application/json' })
    // Reads the file again, like a gateway that reloads its configuration.
    const { revision } = JSON.parse(readFileSync(file, 'utf8'))
    response.end(JSON.stringify({ name, method: request.method, body, headers, revision }))
  }, delayMs)
})
server.listen(listen.port, listen.host)
process.on('SIGTERM', () => process.exit(0))
