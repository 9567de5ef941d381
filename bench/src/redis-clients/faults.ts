import type { ServerProcess } from '@holdfast/testing'
import { pause } from '../clock.ts'
import type { FaultName } from './fault-names.ts'
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
  cause(bed: TestBed, side: Side): Promise<Repair>
}

const PAUSED_MS = 15_000

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
]

async function killed(...servers: (ServerProcess | undefined)[]): Promise<Repair> {
  await Promise.all(servers.map((server) => server?.kill()))
  return async () => {
    await Promise.all(servers.map((server) => server?.start()))
  }
}
