import { runGateway } from '@holdfast/gateway'
import type { DataCentreStatus } from '@holdfast/operations/status/facts'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'

export type GatewayOptions = { config: string; stateDir?: string }

/** Runs a gateway until it stops. Throws what `runGateway` throws. INV-CLI-2. */
export async function gateway({ config, stateDir }: GatewayOptions): Promise<ExitCode> {
  await runGateway(config, stateDir === undefined ? {} : { clusterView: () => viewOf(stateDir) })
  return EXIT.ok
}

/** Imported only when an administrator asks: a gateway needs nothing else of a data centre. */
async function viewOf(stateDir: string): Promise<DataCentreStatus> {
  const { getStatus } = await import('@holdfast/operations/status/status')
  return getStatus({ stateDir })
}
