import { ClusterError } from '@holdfast/site/errors'
import { siteSchema } from '@holdfast/site/file/schema'
import { siteOf, siteValues } from '@holdfast/site/file/site-values'
import { readIfThere, writePrivate } from '@holdfast/site/private-file'
import { isFromFile, type LocalPlan } from '@holdfast/site/topology/local-plan'
import { redisAddress } from '@holdfast/site/topology/topology'
import { formatAddress } from '@holdfast/tokens/redis'
import { z } from 'zod'
import type { StateFolder } from './folder.ts'

const address = z.object({ host: z.string(), port: z.int() })

/** The site has the form of a `holdfast.yaml` with one data centre, so that no setting needs a second schema. */
const schema = z.object({
  site: siteSchema,
  addresses: z.object({
    dataHosts: z.array(z.object({ host: z.string(), redisPort: z.int(), sentinelPort: z.int() })),
    gateways: z.array(address),
    balancer: address,
    proxy: address,
  }),
})

/** Reads the plan of the folder's last start; null when there is none. Throws `STATE_UNUSABLE`. */
export async function readPlan(folder: StateFolder): Promise<LocalPlan | null> {
  const text = await readIfThere(folder.topologyFile)
  if (text === null) return null
  try {
    return parsePlan(text)
  } catch (cause) {
    throw new ClusterError('STATE_UNUSABLE', `${folder.topologyFile} ${whyUnusable(text)}`, { cause })
  }
}

function parsePlan(text: string): LocalPlan {
  const { site: values, addresses } = schema.parse(JSON.parse(text))
  const site = siteOf(values)
  const [dataCentre, another] = site.dataCentres
  if (dataCentre === undefined || another !== undefined) throw new RangeError('not one data centre')
  return { site, dataCentre, addresses }
}

/** The rest of a sentence about the file, and what to do. */
const whyUnusable = (text: string): string =>
  isOlderVersion(text)
    ? 'was written by an older version of Holdfast. Run the data centre with that version, or delete it with its sessions: `holdfast down --purge`.'
    : 'is not a valid topology. If it was edited, restore it. `holdfast down --purge` deletes the data centre with its sessions.'

/** The first version kept the data hosts beside the name of the data centre, and no site. The next kept no proxy. */
function isOlderVersion(text: string): boolean {
  try {
    const content: unknown = JSON.parse(text)
    if (!isObject(content)) return false
    const { addresses } = content
    return 'site' in content
      ? isObject(addresses) && 'balancer' in addresses && !('proxy' in addresses)
      : 'dataHosts' in content
  } catch {
    return false
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

export function writePlan(folder: StateFolder, plan: LocalPlan): Promise<void> {
  return writePrivate(folder.topologyFile, `${JSON.stringify(planText(plan), null, 2)}\n`)
}

const planText = ({ site, dataCentre, addresses }: LocalPlan): z.input<typeof schema> => ({
  site: siteValues({ ...site, dataCentres: [dataCentre] }),
  addresses,
})

/**
 * Keeps the site of a file when the data centre is started again without the file. Name, addresses, timings and transport
 * are those of the new start, because options set them.
 */
export function withSavedSite(asked: LocalPlan, saved: LocalPlan | null): LocalPlan {
  if (saved === null || !isFromFile(saved.site) || isFromFile(asked.site)) return asked
  const { timings, transport } = asked.site
  const dataCentre = { ...saved.dataCentre, name: asked.dataCentre.name }
  const site = { ...saved.site, timings, transport, dataCentres: [dataCentre] }
  return { site, dataCentre, addresses: asked.addresses }
}

/**
 * Checks that a plan is of the same group as the saved one. Throws `STATE_MISMATCH` with the differences.
 *
 * Redis and Sentinel have written their hosts into their own files, and the tokens belong to the name of the data centre. So
 * the hosts and names cannot change, and neither can the transport and the engine. Gateways, balancer, timings and the
 * settings of Redis can.
 */
export function checkSameGroup(saved: LocalPlan, asked: LocalPlan, folder: StateFolder): void {
  const differences = [
    ['name', saved.dataCentre.name, asked.dataCentre.name],
    ['data hosts', hostsOf(saved), hostsOf(asked)],
    ['primary name', saved.dataCentre.primaryName, asked.dataCentre.primaryName],
    ['transport', saved.site.transport, asked.site.transport],
    // The two engines cannot read all of each other's files.
    ['engine', saved.site.engine.name, asked.site.engine.name],
  ].filter(([, before, now]) => before !== now)
  if (differences.length === 0) return
  const what = differences.map(([thing, before, now]) => `${thing} "${before}", not "${now}"`).join('; ')
  throw new ClusterError(
    'STATE_MISMATCH',
    `The state folder ${folder.path} belongs to a data centre with ${what}. Start it with the same settings, choose another \`--name\` or state folder, or delete it with its sessions: \`holdfast down --purge\`.`,
  )
}

const hostsOf = ({ addresses }: LocalPlan) =>
  addresses.dataHosts.map((host) => `${formatAddress(redisAddress(host))}/${host.sentinelPort}`).join(', ')
