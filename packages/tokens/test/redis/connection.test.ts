import { connect, type Socket } from 'node:net'
import { findFreePorts, ServerProcess, startTcpServer, TEST_USERS } from '@holdfast/testing'
import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { within } from '@holdfast/testing/within'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Connection, type ConnectionOptions } from '../../src/redis/connection.ts'
import { errorOf, NOBODY, pause, pauseUntilFinished, printed, timed } from '../support.ts'

const SECRET = 'a-password-that-nobody-may-see'
const group = groupOfThisFile()

async function open(options: Partial<ConnectionOptions> = {}): Promise<Connection> {
  const [redis] = group().redis
  if (redis === undefined) throw new Error('no Redis')
  const connection = await Connection.open({ address: redis.address, ...TEST_USERS.admin, ...options })
  onTestFinished(() => connection.close())
  return connection
}

/** A server that is no Redis, until the test ends. */
async function listen(onSocket: (socket: Socket) => void): Promise<{ host: string; port: number }> {
  const server = await startTcpServer(onSocket, { host: '127.0.40.1' })
  onTestFinished(() => server.close())
  return server
}

async function startRedisWithoutHello(): Promise<{ host: string; port: number }> {
  const [port = 0] = await findFreePorts(1)
  const options = ['--save', '', '--bind', '127.0.0.1', '--rename-command', 'HELLO', '']
  const address = { host: '127.0.0.1', port }
  const redis = new ServerProcess({
    address,
    ownAddress: address,
    command: 'redis-server',
    args: ['--port', String(port), ...options],
    logFile: '/dev/null',
    isReady: () => accepts(port),
  })
  onTestFinished(() => redis.kill())
  await redis.start()
  return address
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}

test('bulk strings are Buffers, byte for byte, and maps are objects', async () => {
  const connection = await open()
  const bytes = Buffer.from([0, 255, 13, 10, 0x24, 1])
  await connection.send(['SET', 'hf:bytes', bytes], 1000)
  expect(await connection.send(['GET', 'hf:bytes'], 1000)).toEqual(bytes)
  expect(await connection.send(['GET', 'hf:nothing'], 1000)).toBeNull()
  expect(await connection.send(['PING'], 1000)).toBe('PONG')
  expect(await connection.send(['CONFIG', 'GET', 'maxmemory'], 1000)).toEqual({ maxmemory: Buffer.from('0') })
})

test('commands of one turn are answered in their order', async () => {
  const connection = await open()
  const replies = Array.from({ length: 500 }, (_, index) => connection.send(['ECHO', String(index)], 5000))
  expect(connection.inFlight).toBe(500)
  expect((await Promise.all(replies)).map(String)).toEqual(
    Array.from({ length: 500 }, (_, index) => `${index}`),
  )
  expect(connection.inFlight).toBe(0)
})

describe('opening', () => {
  test('an address where nobody listens is named with the reason', async () => {
    const error = await errorOf(Connection.open({ address: NOBODY, password: SECRET }))
    expect(error).toMatchObject({
      code: 'CONNECTION_FAILED',
      message: 'Cannot connect to 127.0.40.99:9: ECONNREFUSED.',
    })
    expect(printed(error)).not.toContain(SECRET)
  })

  test('a host name that does not exist is named', async () => {
    const address = { host: 'redis.invalid', port: 6379 }
    const error = await errorOf(Connection.open({ address, connectTimeoutMs: 3000 }))
    expect(error).toMatchObject({ code: 'CONNECTION_FAILED' })
    expect(error.message).toMatch(/^Cannot connect to redis\.invalid:6379: /)
  })

  test('a server that accepts and says nothing is given up in time', async () => {
    const address = await listen(() => {})
    const opening = Connection.open({ address, connectTimeoutMs: 150, password: SECRET })
    const value = await within(errorOf(opening))
    expect(value).toMatchObject({ code: 'CONNECTION_FAILED' })
    expect(value.message).toBe(`Cannot connect to 127.0.40.1:${address.port}: no answer in 150 ms.`)
    expect(printed(value)).not.toContain(SECRET)
  })

  test('a hung Redis is given up in time', async () => {
    const [, , last] = group().redis
    if (last === undefined) throw new Error('no Redis')
    pauseUntilFinished([last])
    const opening = Connection.open({ address: last.address, ...TEST_USERS.admin, connectTimeoutMs: 200 })
    expect(await within(errorOf(opening))).toMatchObject({ code: 'CONNECTION_FAILED' })
  })

  test('a server that hangs up, or is no Redis, is named', async () => {
    const hangsUp = await listen((socket) => socket.destroy())
    const web = await listen((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    })
    for (const address of [hangsUp, web]) {
      const error = await errorOf(Connection.open({ address, username: 'app', password: SECRET }))
      expect(error).toMatchObject({ code: 'CONNECTION_FAILED' })
      expect(error.message).toContain(`127.0.40.1:${address.port}`)
      expect(printed(error)).not.toContain(SECRET)
    }
  })

  test('a Redis that cuts it off fails it at once, so that the next try is not late', async () => {
    // As CLIENT KILL does in the middle of a login, also a Sentinel's after a failover.
    const [redis] = group().redis
    if (redis === undefined) throw new Error('no Redis')
    let sockets = 0
    const address = await listen((socket) => {
      sockets += 1
      if (sockets === 1) socket.once('data', () => socket.destroy())
      else socket.pipe(connect(redis.port, '127.0.0.1')).pipe(socket)
    })
    const opening = errorOf(Connection.open({ address, ...TEST_USERS.admin, connectTimeoutMs: 60_000 }))
    expect(await within(opening)).toMatchObject({ code: 'CONNECTION_FAILED' })
    const connection = await Connection.open({ address, ...TEST_USERS.admin })
    connection.close()
  })

  test.each<[string, { username?: string; password?: string }, string]>([
    ['a wrong password', { username: 'app', password: SECRET }, 'app'],
    ['an unknown user', { username: 'nobody', password: SECRET }, 'nobody'],
    ['a password for the default user, which is off', { password: SECRET }, 'default'],
    ['no user and no password', {}, 'default'],
  ])('%s is refused, naming host and user, not the password', async (_, credentials, user) => {
    const [redis] = group().redis
    if (redis === undefined) throw new Error('no Redis')
    const error = await errorOf(Connection.open({ address: redis.address, ...credentials }))
    expect(error).toMatchObject({
      code: 'AUTH_FAILED',
      message: `127.0.0.1:${redis.port} refused the password of user "${user}". Check the user and its password.`,
    })
    expect(printed(error)).not.toContain(SECRET)
  })

  // INV-TOKENS-55.
  test('a Redis without HELLO quotes the password, and it is not handed on', async () => {
    // So answers a Redis before 6, and one whose administrator has renamed the command.
    const address = await startRedisWithoutHello()
    const error = await errorOf(Connection.open({ address, username: 'app', password: SECRET }))
    expect(error).toMatchObject({
      code: 'UNSUPPORTED_SERVER',
      message: expect.stringMatching(`^127\\.0\\.0\\.1:${address.port} does not know HELLO`),
    })
    expect(printed(error)).not.toContain(SECRET)
  })
})

describe('a command', () => {
  test('creates no AbortSignal, which would make the client four times slower', async () => {
    const connection = await open()
    const created = vi.spyOn(AbortSignal, 'timeout')
    onTestFinished(() => created.mockRestore())
    await Promise.all(Array.from({ length: 10 }, () => connection.send(['PING'], 1000)))
    expect(created).not.toHaveBeenCalled()
  })

  test('that is not answered in time is given up, naming host and command', async () => {
    const connection = await open()
    const { ms, value } = await timed(() =>
      within(errorOf(connection.send(['BLPOP', 'hf:never', '60'], 100))),
    )
    expect(value).toMatchObject({
      code: 'COMMAND_TIMEOUT',
      message: `127.0.0.1:${connection.address.port} did not answer BLPOP in 100 ms. Is it hung or cut off?`,
    })
    expect(ms).toBeGreaterThanOrEqual(95)
    expect(connection.isOpen).toBe(true)
  })

  test('that is answered late does no harm to those behind it', async () => {
    const connection = await open()
    const late = errorOf(connection.send(['BLPOP', 'hf:never', '0.3'], 50))
    expect(String(await connection.send(['ECHO', 'mine'], 5000))).toBe('mine')
    expect(await late).toMatchObject({ code: 'COMMAND_TIMEOUT' })
  })

  test.each<[string, string[]]>([
    ['an unknown command', ['NOSUCH', SECRET, SECRET]],
    ['an unknown subcommand', ['CONFIG', 'NOSUCH', SECRET]],
    ['a wrong number of arguments', ['GET', SECRET, SECRET]],
    ['a wrong value', ['SET', 'hf:x', SECRET, 'PX', SECRET]],
    ['a script that fails', ['EVAL', `return redis.call('NOSUCH', ARGV[1])`, '0', SECRET]],
  ])('that Redis refuses (%s) names host and command, not its arguments', async (_, args) => {
    const connection = await open()
    const error = await errorOf(connection.send(args, 1000))
    expect(error).toMatchObject({ code: 'REDIS_REPLY', kind: 'ERR' })
    expect(error.message).toContain(`127.0.0.1:${connection.address.port} answered ${args[0]} with: ERR`)
    expect(printed(error)).not.toContain(SECRET)
  })

  test('that the user may not run is refused with its kind', async () => {
    const connection = await open(TEST_USERS.app)
    const error = await errorOf(connection.send(['CONFIG', 'GET', SECRET], 1000))
    expect(error).toMatchObject({ code: 'REDIS_REPLY', kind: 'NOPERM' })
    expect(printed(error)).not.toContain(SECRET)
  })

  // INV-TOKENS-10.
  test('that was under way when the connection ended is told so, and never sent again', async () => {
    const connection = await open()
    const other = await open()
    const id = await connection.send(['CLIENT', 'ID'], 1000)
    const waiting = errorOf(connection.send(['BLPOP', 'hf:list', '0'], 5000))
    const queued = errorOf(connection.send(['INCR', 'hf:counter'], 5000))
    await pause(30)
    await other.send(['CLIENT', 'KILL', 'ID', String(id)], 1000)
    const message = `The connection to 127.0.0.1:${connection.address.port} has ended.`
    expect(await waiting).toMatchObject({ code: 'CONNECTION_CLOSED', message })
    expect(await queued).toMatchObject({ code: 'CONNECTION_CLOSED', message })
    await connection.closed
    expect(connection.isOpen).toBe(false)
    await other.send(['RPUSH', 'hf:list', 'x'], 1000)
    await pause(200)
    expect(await other.send(['GET', 'hf:counter'], 1000)).toBeNull()
    expect(await errorOf(connection.send(['PING'], 1000))).toMatchObject({ code: 'CONNECTION_CLOSED' })
    await expect(connection.subscribe(['hf:x'], () => {}, 1000)).rejects.toMatchObject({
      code: 'CONNECTION_CLOSED',
    })
  })

  test('is rejected at once when this side closes, however often', async () => {
    const connection = await open()
    const waiting = errorOf(connection.send(['BLPOP', 'hf:never', '0'], 5000))
    connection.close()
    connection.close()
    expect(await waiting).toMatchObject({ code: 'CONNECTION_CLOSED' })
    expect(connection.isOpen).toBe(false)
    await connection.closed
  })
})

test('a subscription hears its channels and leaves the connection usable', async () => {
  const connection = await open()
  const heard: string[] = []
  await connection.subscribe(
    ['hf:a', 'hf:b'],
    (message, channel) => heard.push(`${channel} ${message}`),
    1000,
  )
  await connection.send(['PUBLISH', 'hf:a', 'one'], 1000)
  await connection.send(['PUBLISH', 'hf:b', 'two'], 1000)
  await expect.poll(() => heard).toEqual(['hf:a one', 'hf:b two'])
})
