import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { writePrivate } from '@holdfast/site/private-file'
import { renderGatewayConfig } from '@holdfast/site/render/gateway-config'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import type { LocalPlan } from '@holdfast/site/topology/local-plan'
import type { StateFolder } from '../state/folder.ts'
import { tlsFilesOf } from '../state/tls-files.ts'
import { CONFIG_FILES } from '../supervise/plans.ts'

/**
 * Writes the configuration of every gateway of a local data centre. Running gateways check the file once a second, and use
 * its secrets without a restart; `GET /readyz` shows `secrets.revision` then.
 */
export async function writeGatewayConfigs(
  plan: LocalPlan,
  folder: StateFolder,
  secrets: Secrets,
): Promise<void> {
  await Promise.all(
    plan.addresses.gateways.map(async (address, index) => {
      const name = `gateway-${index + 1}`
      await mkdir(folder.of(name), { recursive: true, mode: 0o700 })
      const tls = tlsFilesOf(plan, folder, name)
      const config = renderGatewayConfig({ plan, secrets, tls }, name, address, folder.usersFile)
      await writePrivate(join(folder.of(name), CONFIG_FILES.gateway), config)
    }),
  )
}
