import { join, resolve } from 'node:path'
import {
  defaultStateDir,
  engineOf,
  installedVersion,
  loadSite,
  localTopologies,
  resolveTopology,
  type Topology,
  type TopologyOptions,
} from '@holdfast/cluster'
import { UsageError } from '../command.ts'
import type { LocateOptions } from '../commands/locate.ts'
import { stateDirOf } from '../place.ts'

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
  /** What is otherwise here than the file says, in a sentence; null: nothing. */
  note: string | null
}

const NO_TUNNEL =
  'One machine’s own packets never enter a WireGuard tunnel: loopback stands for the inside of it. Try encryption with --transport tls.'

const NOT_AS_DOCUMENTED =
  'The profile "as-documented" is for rendered files: here Redis and Sentinel run with their users and rights.'

const WITHOUT_GATEWAY_SETTINGS =
  'The settings under `gateway:` are for the hosts, whose files and directories they name: the gateways here run without them.'

/** What a file says by itself. */
const SAID_BY_FILE = ['name', 'timings', 'hosts', 'gateways', 'balancer'] as const

/**
 * Every data centre that is asked for: the one of the options, or all of a site's file. The state of those is in a
 * folder each, below `--state-dir`.
 *
 * Throws `UsageError`, `INVALID_OPTION`, `SITE_UNREADABLE`, `SITE_INVALID` and `MISSING_PROGRAM`.
 */
export async function plansOf(options: UpOptions): Promise<UpPlan[]> {
  if (options.file === undefined) {
    return [{ topology: resolveTopology(options), stateDir: stateDirOf(options), note: null }]
  }
  const doubled = SAID_BY_FILE.find((name) => options[name] !== undefined)
  if (doubled !== undefined) throw new UsageError(`--${doubled} is said by ${options.file} already`)
  const { stateDir } = options
  const site = await loadSite(options.file)
  const installed = await installedVersion(site.engine)
  const engine = engineOf(site.engine.name, installed)
  const notes = [
    (options.transport ?? site.transport) === 'wireguard' ? NO_TUNNEL : '',
    engine.version === site.engine.version
      ? ''
      : `${options.file} asks for ${site.engine.name} ${site.engine.version}; ${installed} is installed here, and runs.`,
    site.profile === 'as-documented' ? NOT_AS_DOCUMENTED : '',
    site.gateway === undefined ? '' : WITHOUT_GATEWAY_SETTINGS,
  ].filter(Boolean)
  const note = notes.length > 0 ? notes.join('\n  ') : null
  return localTopologies(site, { ...options, engine }).map((topology) => ({
    topology,
    note,
    stateDir:
      stateDir === undefined ? defaultStateDir(topology.name) : join(resolve(stateDir), topology.name),
  }))
}
