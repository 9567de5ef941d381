import {
  type RunningDataCentre,
  type StartProgress,
  startDataCentre,
  type Topology,
  type TopologyOptions,
} from '@holdfast/cluster'
import { addUser } from '@holdfast/gateway'
import type { LocateOptions } from '../commands/locate.ts'

/** The options of `holdfast up`. */
export interface UpOptions extends LocateOptions, TopologyOptions {
  name?: string
  detach?: boolean
  json?: boolean
  background?: boolean
}

/** The file that runs as `holdfast`. */
export const MAIN_FILE = new URL('../main.ts', import.meta.url).pathname

/** Starts a data centre in this process. */
export function startHere(
  topology: Topology,
  stateDir: string,
  onProgress: (progress: StartProgress) => void,
  signal: AbortSignal,
): Promise<RunningDataCentre> {
  return startDataCentre({
    topology,
    stateDir,
    gatewayCommand: [process.execPath, MAIN_FILE, 'gateway'],
    async writeUsers(file, users) {
      for (const { name, password } of users) await addUser(file, name, password)
    },
    onProgress,
    signal,
  })
}
