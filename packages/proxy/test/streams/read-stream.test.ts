import { createServer, type Socket } from 'node:net'
import { expect, it, vi } from 'vitest'
import { RequestParser } from '../../src/resp/request-parser.ts'
import { ReadStream } from '../../src/streams/read-stream.ts'
import type { Upstream } from '../../src/upstream/upstream.ts'

/** A Redis that notes the key of each GET, and answers when the test says so. */
async function startServer(stack: DisposableStack) {
  const asked: string[] = []
  let socket: Socket | undefined
  const server = createServer((connected) => {
    socket = connected
    const parser = new RequestParser({ maxBytes: 1024, maxArgs: 10 })
    connected.on('data', (chunk) => {
      for (const { args } of parser.push(chunk)) {
        const [name = '', key = ''] = args.map(String)
        if (name === 'HELLO') connected.write('%0\r\n')
        else if (key.startsWith('hf:')) connected.write('$4\r\nmark\r\n')
        else asked.push(key)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stack.defer(() => {
    socket?.destroy()
    server.close()
  })
  const { port } = server.address() as { port: number }
  return { asked, port, answer: (text: string) => socket?.write(text) }
}

async function startStream(stack: DisposableStack) {
  const server = await startServer(stack)
  const state = { holdsLease: true }
  const address = { host: '127.0.0.1', port: server.port }
  const upstream = {
    primary: { node: { endpoint: { address, reach: address } }, term: 1 },
    holdsLease: () => state.holdsLease,
    group: { termOver: () => new Promise(() => {}), isOurs: () => true, alert: () => {} },
    problem: null,
  } as unknown as Upstream
  const stream = new ReadStream(upstream, {
    identity: { protocol: 3 },
    holdMs: 10_000,
    isCaughtUp: () => true,
    onLoginRefused: () => {},
  })
  stack.defer(() => stream.close())
  const answers: string[] = []
  const get = (key: string) =>
    stream.add({
      db: 0,
      commands: [Buffer.from(`*2\r\n$3\r\nGET\r\n$${key.length}\r\n${key}\r\n`)],
      names: ['get'],
      isTransaction: false,
      isRead: true,
      sender: stream,
      untilMs: performance.now() + 10_000,
      isAbandoned: () => false,
      answer: (reply) => answers.push(`${key} ${reply.toString().trim()}`),
    })
  const untilAsked = (...keys: string[]) => vi.waitFor(() => expect(server.asked).toEqual(keys))
  const untilAnswered = (...all: string[]) => vi.waitFor(() => expect(answers).toEqual(all))
  return { ...server, answers, get, state, untilAsked, untilAnswered }
}

it('answers a read while later ones of the same write still wait', async () => {
  using stack = new DisposableStack()
  const { get, answer, untilAsked, untilAnswered } = await startStream(stack)
  get('small')
  get('large')
  await untilAsked('small', 'large')
  answer('+1\r\n')
  await untilAnswered('small +1')
  answer('+2\r\n')
  await untilAnswered('small +1', 'large +2')
})

it('asks a read again whose answer does not count, and all that were sent behind it, in their order', async () => {
  using stack = new DisposableStack()
  const { get, answer, answers, state, untilAsked, untilAnswered } = await startStream(stack)
  get('a')
  await untilAsked('a')
  get('b')
  await untilAsked('a', 'b')
  state.holdsLease = false
  get('c')
  answer('+0\r\n')
  // `c` is not sent without the lease, nor before the others.
  await new Promise((resolve) => setTimeout(resolve, 50))
  state.holdsLease = true
  await new Promise((resolve) => setTimeout(resolve, 50))
  answer('+0\r\n')
  await untilAsked('a', 'b', 'a', 'b', 'c')
  expect(answers).toEqual([])
  answer('+1\r\n+2\r\n+3\r\n')
  await untilAnswered('a +1', 'b +2', 'c +3')
})

it('asks again what the server cannot answer for now', async () => {
  using stack = new DisposableStack()
  const { get, answer, untilAsked, untilAnswered } = await startStream(stack)
  get('a')
  get('b')
  await untilAsked('a', 'b')
  answer('-LOADING Redis is loading the dataset in memory\r\n+0\r\n')
  await untilAsked('a', 'b', 'a', 'b')
  answer('+1\r\n+2\r\n')
  await untilAnswered('a +1', 'b +2')
})
