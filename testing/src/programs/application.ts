import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { createRedisStore, type IssueRequest } from '@holdfast/tokens'
import { storeOptionsFromEnvironment } from '@holdfast/tokens/environment'

/**
 * An application server of a test, in its own process. Only the variables of the rendered `holdfast.env` configure
 * its store. It listens on a Unix socket, because the test is not in the network of its host. It forwards all other
 * requests to the gateway of its host.
 */
const [socket = '', gateway = ''] = process.argv.slice(2)

const store = createRedisStore(storeOptionsFromEnvironment())

createServer(async (request, response) => {
  try {
    const { status, body } = await answer(request, await text(request))
    response.writeHead(status).end(body)
  } catch (error) {
    response.writeHead(500).end(String(error))
  }
}).listen(socket)

async function answer(request: IncomingMessage, body: string): Promise<{ status: number; body: string }> {
  switch (request.url) {
    case '/application/ready':
      await store.ready()
      return { status: 200, body: '' }
    case '/application/login':
      return { status: 200, body: JSON.stringify(await store.issue(JSON.parse(body) as IssueRequest)) }
    case '/application/verify':
      return { status: 200, body: JSON.stringify(await store.verify(body)) }
    default:
      return askGateway(request, body)
  }
}

async function askGateway({ method = 'GET', url, headers }: IncomingMessage, body: string) {
  const { authorization = '' } = headers
  const answer = await fetch(`${gateway}${url}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    body: body === '' ? null : body,
  })
  return { status: answer.status, body: await answer.text() }
}
