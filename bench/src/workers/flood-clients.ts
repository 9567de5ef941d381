import { randomInt } from 'node:crypto'
import net from 'node:net'
import { createMemoryStore, generateKeyring } from '@holdfast/tokens'
import {
  type Asked,
  atRate,
  count,
  login,
  type Outcomes,
  ProxyClient,
  type Target,
} from '../flood/request.ts'
import { serve } from './serve.ts'

/** The clients of a flood: they have no credential, and each request comes from another address. */

export interface FloodLoad {
  /** Requests per second in total. */
  logins: number
  logouts: number
  providerLogins: number
  /** Connections to each gateway that send nothing. */
  idle: number
}

/** More tokens are made as soon as these are used up. */
const TOKENS = 500
const REOPEN_MS = 500

const outcomes: Record<'logins' | 'logouts' | 'providerLogins' | 'idle', Outcomes> = {
  logins: {},
  logouts: {},
  providerLogins: {},
  idle: {},
}
const stops: (() => void)[] = []

/** An address of 127.64.0.0/10: about four million, in 16,384 blocks of 256. */
const anyAddress = () => `127.${randomInt(64, 128)}.${randomInt(256)}.${randomInt(1, 255)}`

/** Well-formed tokens of a data centre that were never issued in it. */
function strangeTokens(dataCentre: string): () => string | undefined {
  const ready: string[] = []
  let isMaking = false
  const make = async () => {
    isMaking = true
    const store = createMemoryStore({ dataCentre, keyring: generateKeyring() })
    const issued = await Promise.all(
      Array.from({ length: TOKENS }, async () => (await store.issue({ subject: 'stranger' })).token),
    )
    await store.close()
    ready.push(...issued)
    isMaking = false
  }
  return () => {
    if (ready.length < TOKENS && !isMaking) void make()
    return ready.pop()
  }
}

/** Keeps connections open to one gateway that send nothing; it opens each again after the gateway closed it. */
function holdIdle({ host, port }: Target, connections: number): () => void {
  let isOver = false
  const sockets = new Set<net.Socket>()
  const open = () => {
    if (isOver) return
    const socket = net.connect({ host, port, localAddress: anyAddress() })
    sockets.add(socket)
    socket.on('connect', () => count(outcomes.idle, 'opened'))
    socket.on('error', (error: NodeJS.ErrnoException) => count(outcomes.idle, error.code ?? 'error'))
    socket.resume()
    socket.on('close', () => {
      sockets.delete(socket)
      setTimeout(open, REOPEN_MS)
    })
  }
  for (let index = 0; index < connections; index++) open()
  return () => {
    isOver = true
    for (const socket of sockets) socket.destroy()
  }
}

const methods = {
  /** Begins the flood. */
  async start(targets: readonly Target[], dataCentre: string, load: FloodLoad): Promise<void> {
    const nextToken = strangeTokens(dataCentre)
    const proxy = new ProxyClient()
    const send = async (kind: keyof typeof outcomes, asked: Asked) => {
      const target = targets[randomInt(targets.length)]
      if (target === undefined) throw new Error('A flood needs a gateway.')
      count(outcomes[kind], (await proxy.ask(target, asked)).outcome)
    }
    const any = () => randomInt(2 ** 40)
    const logIn = () => void send('logins', login(`stranger-${any()}`, `guess-${any()}`, anyAddress()))
    const logOut = () => {
      const token = nextToken()
      if (token === undefined) return
      const headers = { authorization: `Bearer ${token}` }
      void send('logouts', { method: 'POST', path: '/logout', from: anyAddress(), headers })
    }
    const logInAtProvider = () =>
      void send('providerLogins', { method: 'GET', path: '/oidc/login', from: anyAddress() })
    stops.push(
      atRate(load.logins, logIn),
      atRate(load.logouts, logOut),
      atRate(load.providerLogins, logInAtProvider),
      ...targets.map((target) => holdIdle(target, load.idle)),
    )
  },
  /** Ends the flood, and returns the number of answers by kind and status. */
  async stop(): Promise<typeof outcomes> {
    for (const stop of stops.splice(0)) stop()
    return outcomes
  },
}

export type FloodClientsWorker = typeof methods
serve(methods)
