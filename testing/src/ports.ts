import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** Below those that Linux gives to connections, which could take one between its choice and its use. */
const LOWEST = 12_000
const HIGHEST = 32_000
const TRIES = 50

/** Ports of 127.0.0.1 on which nothing listens now. They are all held until each is found, so none comes twice. */
export async function findFreePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  try {
    return await Promise.all(servers.map((server) => listenSomewhere(server)))
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  }
}

async function listenSomewhere(server: Server): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = randomInt(LOWEST, HIGHEST)
    server.listen(port, '127.0.0.1')
    try {
      await once(server, 'listening')
      return port
    } catch {
      // Taken by somebody: another one.
    }
  }
  throw new Error(`No port was free in ${TRIES} tries.`)
}
