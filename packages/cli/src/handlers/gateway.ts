import type { DataCentreStatus } from '@holdfast/cluster'
import { runGateway } from '@holdfast/gateway'
import { EXIT, type ExitCode } from '../exit-codes.ts'

export type GatewayOptions = { config: string; stateDir?: string }

/** Runs a gateway to its end. Throws what `runGateway` throws. INV-CLI-2. */
export async function gateway({ config, stateDir }: GatewayOptions): Promise<ExitCode> {
  await runGateway(config, stateDir === undefined ? {} : { clusterView: () => viewOf(stateDir) })
  return EXIT.ok
}

/** A gateway needs nothing of the data centre but this, and only when an administrator asks. */
async function viewOf(stateDir: string): Promise<DataCentreStatus> {
  const { getStatus } = await import('@holdfast/cluster/status')
  return getStatus({ stateDir })
}
