// Stands in for the gateway in the tests of the supervisor: it answers, says who it is, and can be slow.
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
    // As a gateway that takes a new configuration while it runs.
    const { revision } = JSON.parse(readFileSync(file, 'utf8'))
    response.end(JSON.stringify({ name, method: request.method, body, headers, revision }))
  }, delayMs)
})
server.listen(listen.port, listen.host)
process.on('SIGTERM', () => process.exit(0))
