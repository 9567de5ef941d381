import { join, resolve } from 'node:path'
import {
  defaultStateDir,
  loadSite,
  localTopologies,
  resolveTopology,
  type Topology,
  type TopologyOptions,
} from '@holdfast/cluster'
import { UsageError } from '../command.ts'
import { type LocateOptions, stateDirOf } from '../commands/locate.ts'

/** The options of `holdfast up`. */
export interface UpOptions extends LocateOptions, TopologyOptions {
  file?: string
  detach?: boolean
  json?: boolean
  background?: boolean
}

/** One data centre that is to be started. */
export interface UpPlan {
  topology: Topology
  stateDir: string
}

/** What a file says by itself. */
const SAID_BY_FILE = ['name', 'timings', 'hosts', 'gateways', 'balancer'] as const

/**
 * Every data centre that is asked for: the one of the options, or all of a site's file. The state of those is in a
 * folder each, below `--state-dir`.
 *
 * Throws `UsageError`, `INVALID_OPTION`, `SITE_UNREADABLE` and `SITE_INVALID`.
 */
export async function plansOf(options: UpOptions): Promise<UpPlan[]> {
  if (options.file === undefined) {
    return [{ topology: resolveTopology(options), stateDir: stateDirOf(options) }]
  }
  const doubled = SAID_BY_FILE.find((name) => options[name] !== undefined)
  if (doubled !== undefined) throw new UsageError(`--${doubled} is said by ${options.file} already`)
  const { stateDir } = options
  return localTopologies(await loadSite(options.file), options).map((topology) => ({
    topology,
    stateDir:
      stateDir === undefined ? defaultStateDir(topology.name) : join(resolve(stateDir), topology.name),
  }))
}
