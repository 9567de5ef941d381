import { UsageError } from '../command.ts'
import type { PlaceOptions } from '../commands/locate.ts'

/** What every rotation may be told. */
export interface RotateOptions extends PlaceOptions {
  deliverCommand?: string
  dryRun?: boolean
  json?: boolean
}

/** Throws `UsageError` where nothing has to be brought to other hosts. */
export function refuseDelivery({ deliverCommand, file }: RotateOptions): void {
  if (deliverCommand === undefined || file !== undefined) return
  throw new UsageError(
    '--deliver-command belongs to --file: here the gateways read what is new by themselves',
  )
}
