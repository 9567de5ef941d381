import { join, resolve } from 'node:path'
import { engineOf, installedVersion } from '@holdfast/local/preflight/programs'
import { defaultStateDir } from '@holdfast/local/state/folder'
import { loadSite } from '@holdfast/site/check/check-site'
import type { LocalPlan } from '@holdfast/site/topology/local-plan'
import { type DefaultPlanOptions, defaultPlan, plansOfSite } from '@holdfast/site/topology/place'
import { UsageError } from '../../command-line/command-spec.ts'
import { stateDirFromOptions } from '../../data-centre/locator.ts'
import type { LocalOptions } from '../../data-centre/options.ts'

/** The options of `holdfast up`. */
export interface UpOptions extends LocalOptions, DefaultPlanOptions {
  file?: string
  detach?: boolean
  json?: boolean
  background?: boolean
}

/** One data centre to start. */
export interface UpPlan {
  plan: LocalPlan
  stateDir: string
  /** How it differs from the file, in sentences; null if it does not. */
  note: string | null
}

const NO_TUNNEL =
  'Packets within one machine never enter a WireGuard tunnel, so this traffic is not encrypted. Try encryption with --transport tls.'

const NOT_AS_DOCUMENTED =
  'The profile "as-documented" applies only to rendered files: here Redis and Sentinel run with separate users and rights.'

const WITHOUT_GATEWAY_SETTINGS =
  'The gateways here ignore the settings under `gateway:`, which name files and directories of the hosts.'

/** Options that a file already sets. */
const SET_BY_FILE = ['name', 'timings', 'hosts', 'gateways', 'balancer', 'proxy'] as const

/**
 * The data centres to start: the one that the options describe, or all of a file. Each of a file has its own state
 * folder below `--state-dir`.
 *
 * Throws `UsageError`, `INVALID_OPTION`, `SITE_UNREADABLE`, `SITE_INVALID` and `MISSING_PROGRAM`.
 */
export async function plansFromOptions(options: UpOptions): Promise<UpPlan[]> {
  if (options.file === undefined) {
    return [{ plan: defaultPlan(options), stateDir: stateDirFromOptions(options), note: null }]
  }
  const doubled = SET_BY_FILE.find((name) => options[name] !== undefined)
  if (doubled !== undefined)
    throw new UsageError(`Give --${doubled} or --file, not both: ${options.file} sets it already`)
  const { stateDir } = options
  const site = await loadSite(options.file)
  const installed = await installedVersion(site.engine)
  const engine = engineOf(site.engine.name, installed)
  const notes = [
    (options.transport ?? site.transport) === 'wireguard' ? NO_TUNNEL : '',
    engine.version === site.engine.version
      ? ''
      : `${options.file} asks for ${site.engine.name} ${site.engine.version}; this machine runs the installed ${installed}.`,
    site.profile === 'as-documented' ? NOT_AS_DOCUMENTED : '',
    site.gateway === undefined ? '' : WITHOUT_GATEWAY_SETTINGS,
  ].filter(Boolean)
  const note = notes.length > 0 ? notes.join('\n  ') : null
  return plansOfSite(site, { ...options, engine }).map((plan) => {
    const { name } = plan.dataCentre
    return {
      plan,
      note,
      stateDir: stateDir === undefined ? defaultStateDir(name) : join(resolve(stateDir), name),
    }
  })
}
