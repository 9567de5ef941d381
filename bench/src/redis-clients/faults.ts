import type { RedisGroup, ServerProcess } from '@holdfast/testing'
import { pause } from '../clock.ts'
import type { FaultName } from './fault-names.ts'
import { loseHost } from './lost-host.ts'
import { failoverByHand, switchover } from './switchover.ts'
import type { Side, TestBed } from './test-bed.ts'

/** Ends what a fault left behind. The group becomes healthy after it. */
type Repair = () => Promise<void>

/** What happens to the group, or to the proxy, while clients send commands. */
export interface Fault {
  name: FaultName
  title: string
  /** If another thing happens to clients without the proxy. */
  titleWithout?: string
  /** How long clients are watched from its beginning (in milliseconds). */
  watchMs: number
  /** The longest wait that the proxy aims at (in milliseconds). Null: it promises nothing. */
  goalMs: number | null
  /** Each side has a run of its own, because different things happen to them. */
  apart?: boolean
  /** Nothing happens to clients without the proxy. */
  onlyProxy?: boolean
  cause(bed: TestBed, side: Side, changePassword: (password: string) => Promise<void>): Promise<Repair>
}

const PAUSED_MS = 15_000

const nothing: Repair = async () => {}

export const FAULTS: readonly Fault[] = [
  {
    name: 'kill',
    title: 'kill -9 of the primary',
    watchMs: 9000,
    goalMs: 3000,
    cause: async ({ group }) => killed(await group.primary()),
  },
  {
    name: 'pause',
    title: 'primary paused for 15 s',
    watchMs: PAUSED_MS + 3000,
    goalMs: 3500,
    async cause({ group }) {
      const primary = await group.primary()
      primary.pause()
      const resumed = pause(PAUSED_MS).then(() => primary.resume())
      return () => resumed
    },
  },
  {
    name: 'lose-host',
    title: 'host of the primary lost, with its Sentinel',
    watchMs: 12_000,
    goalMs: 3500,
    cause: async ({ group }) => loseHost(group, await group.primary()),
  },
  {
    name: 'switchover',
    title: '`holdfast switchover`',
    titleWithout: '`SENTINEL FAILOVER`',
    watchMs: 4000,
    goalMs: 500,
    apart: true,
    async cause({ group }, side) {
      await moveAway(group, side)
      return nothing
    },
  },
  {
    name: 'rotation',
    title: 'password of both users rotated',
    watchMs: 4000,
    goalMs: 500,
    cause: (bed, _side, changePassword) => bed.rotatePasswords(2000, changePassword),
  },
  {
    name: 'upgrade',
    title: 'each Redis restarted, the primary after `holdfast switchover`',
    titleWithout: 'each Redis restarted, the primary after `SENTINEL FAILOVER`',
    watchMs: 3000,
    goalMs: 500,
    apart: true,
    async cause({ group }, side) {
      const old = await group.primary()
      for (const server of await group.replicas()) await restarted(group, server)
      await moveAway(group, side)
      await group.untilHealthy()
      await restarted(group, old)
      return nothing
    },
  },
  {
    name: 'kill-sentinel',
    title: 'kill -9 of a Sentinel',
    watchMs: 4000,
    goalMs: 350,
    cause: async ({ group }) => killed(group.sentinels[0]),
  },
  {
    name: 'proxy-stop',
    title: 'proxy stopped (SIGTERM) and started',
    watchMs: 6000,
    goalMs: null,
    onlyProxy: true,
    async cause(bed) {
      await bed.stopProxy()
      await bed.startProxy()
      return nothing
    },
  },
  {
    name: 'proxy-kill',
    title: 'kill -9 of the proxy, which is started again',
    watchMs: 6000,
    goalMs: null,
    onlyProxy: true,
    async cause(bed) {
      await bed.killProxy()
      await bed.startProxy()
      return nothing
    },
  },
]

/** A planned change of the primary, as each side has it. */
async function moveAway(group: RedisGroup, side: Side): Promise<void> {
  if (side === 'with the proxy') await switchover(group)
  else await failoverByHand(group)
}

async function restarted(group: RedisGroup, server: ServerProcess): Promise<void> {
  // Redis refuses SIGTERM while it writes the AOF of a new synchronization.
  const isRewriting = async () =>
    /^aof_rewrite_(?:in_progress|scheduled):1/m.test(String(await group.run(server, 'INFO', 'persistence')))
  while (await isRewriting()) await pause(50)
  await server.kill('SIGTERM')
  await server.start()
  await group.untilHealthy()
}

async function killed(...servers: (ServerProcess | undefined)[]): Promise<Repair> {
  await Promise.all(servers.map((server) => server?.kill()))
  return async () => {
    await Promise.all(servers.map((server) => server?.start()))
  }
}
