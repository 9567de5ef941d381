import { connect } from 'node:net'
import { TEST_USERS } from '@holdfast/testing'
import type { DataCentre } from './data-centre.ts'

type Server = DataCentre['group']['redis'][number]

/** The number of calls of all commands on all Redis so far, including the commands of scripts and of replication. */
export async function countOnRedis({ group }: DataCentre): Promise<number> {
  const counts = await Promise.all(
    group.redis.map(async (server) => callsIn(String(await group.run(server, 'INFO', 'commandstats')))),
  )
  return counts.reduce((total, count) => total + count, 0)
}

/** The number of commands that all Sentinels have processed so far. */
export async function countOnSentinels({ group }: DataCentre): Promise<number> {
  const counts = await Promise.all(
    group.sentinels.map(async (server) => {
      const info = String(await group.run(server, 'INFO', 'stats'))
      return Number(/^total_commands_processed:(\d+)/m.exec(info)?.[1])
    }),
  )
  return counts.reduce((total, count) => total + count, 0)
}

/** The sum of `calls` in an `INFO commandstats`. */
export function callsIn(commandStats: string): number {
  return [...commandStats.matchAll(/^cmdstat_[^:]+:calls=(\d+)/gm)].reduce(
    (total, [, calls]) => total + Number(calls),
    0,
  )
}

/** Records every command that clients with a given name send to the Redis of a data centre. */
export class CommandMonitor {
  readonly #centre: DataCentre
  readonly #addresses = new Set<string>()
  #observed: { from: string; command: string }[] = []

  private constructor(centre: DataCentre) {
    this.#centre = centre
  }

  static async start(stack: AsyncDisposableStack, centre: DataCentre): Promise<CommandMonitor> {
    const monitor = new CommandMonitor(centre)
    for (const server of centre.group.redis) await monitor.#listenTo(stack, server)
    return monitor
  }

  /** Looks up the addresses of the clients with this name. */
  async find(clientName: string): Promise<void> {
    for (const server of this.#centre.group.redis) {
      const list = String(await this.#centre.group.run(server, 'CLIENT', 'LIST'))
      for (const line of list.split('\n')) {
        const address = / addr=(\S+) .* name=(\S*) /.exec(line)
        if (address?.[2] === clientName && address[1] !== undefined) this.#addresses.add(address[1])
      }
    }
  }

  /** The number of commands since the last call, by command. */
  take(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const { from, command } of this.#observed.splice(0)) {
      if (this.#addresses.has(from)) counts.set(command, (counts.get(command) ?? 0) + 1)
    }
    return counts
  }

  async #listenTo(stack: AsyncDisposableStack, { ownAddress }: Server): Promise<void> {
    const { username, password } = TEST_USERS.admin
    const socket = connect(ownAddress.port, ownAddress.host)
    stack.defer(() => void socket.destroy())
    let rest = ''
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject)
      socket.on('data', (chunk) => {
        const lines = (rest + chunk.toString('latin1')).split('\r\n')
        rest = lines.pop() ?? ''
        for (const line of lines) {
          if (line.startsWith('-')) reject(new Error(line))
          const observed = parseMonitorLine(line)
          if (observed !== null) this.#observed.push(observed)
          else if (line === '+OK') resolve()
        }
      })
      socket.write(`AUTH ${username} ${password}\r\nMONITOR\r\n`)
    })
  }
}

/**
 * Parses `+<time> [<db> <address>] "<command>" …`. Returns null for any other line. The commands of a script have
 * the address `lua`.
 */
export function parseMonitorLine(line: string): { from: string; command: string } | null {
  const [, from, command] = /^\+\d+\.\d+ \[\d+ (\S+)\] "([^"]*)"/.exec(line) ?? []
  return from === undefined || command === undefined ? null : { from, command: command.toUpperCase() }
}
