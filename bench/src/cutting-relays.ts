import { randomInt } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { startTcpServer } from '@holdfast/testing'
import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'

/** Relays before each Redis that end connections at random moments, with whatever is under way on them. */
export class CuttingRelays {
  readonly #pairs = new Set<{ client: Socket; server: Socket }>()
  cuts = 0

  /** Starts a relay for each address, and returns where it is reached. The relays end with the stack. */
  async start(
    stack: AsyncDisposableStack,
    addresses: readonly NodeAddress[],
  ): Promise<Map<string, NodeAddress>> {
    const routes = new Map<string, NodeAddress>()
    for (const address of addresses) {
      const server = await startTcpServer((client) => this.#relay(client, address))
      stack.defer(() => server.close())
      routes.set(formatAddress(address), { host: server.host, port: server.port })
    }
    return routes
  }

  /** Ends about one connection per `everyMs`, until the stack ends. */
  cutEvery(stack: AsyncDisposableStack, everyMs: number): void {
    const timer = setInterval(() => this.#cutOne(), everyMs)
    stack.defer(() => clearInterval(timer))
  }

  #cutOne(): void {
    const pairs = [...this.#pairs]
    const one = pairs[pairs.length === 0 ? 0 : randomInt(pairs.length)]
    if (one === undefined) return
    this.cuts += 1
    one.client.destroy()
    one.server.destroy()
  }

  #relay(client: Socket, { host, port }: NodeAddress): void {
    const pair = { client, server: connect({ host, port }) }
    this.#pairs.add(pair)
    client.setNoDelay(true).pipe(pair.server.setNoDelay(true)).pipe(client)
    const end = () => {
      this.#pairs.delete(pair)
      client.destroy()
      pair.server.destroy()
    }
    for (const socket of [client, pair.server]) socket.on('error', end).on('close', end)
  }
}
