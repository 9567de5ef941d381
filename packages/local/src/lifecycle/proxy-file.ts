import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { writePrivate } from '@holdfast/site/private-file'
import { textOf } from '@holdfast/site/render/document'
import { groupEnvironment } from '@holdfast/site/render/library-env'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import type { LocalPlan } from '@holdfast/site/topology/local-plan'
import { sentinelAddress } from '@holdfast/site/topology/topology'
import type { StateFolder } from '../state/folder.ts'
import { tlsFilesOf } from '../state/tls-files.ts'
import { CONFIG_FILES } from '../supervise/plans.ts'

const NAME = 'proxy'

/** Writes how the proxy of a local data centre reaches the group. A running proxy follows it. */
export async function writeProxyEnvironment(
  plan: LocalPlan,
  folder: StateFolder,
  secrets: Secrets,
): Promise<void> {
  await mkdir(folder.of(NAME), { recursive: true, mode: 0o700 })
  const sentinels = plan.addresses.dataHosts.map(sentinelAddress)
  const document = groupEnvironment(plan.dataCentre, sentinels, tlsFilesOf(plan, folder, NAME), secrets)
  await writePrivate(join(folder.of(NAME), CONFIG_FILES.proxy), textOf(document))
}
