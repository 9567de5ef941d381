import type { ApplicationLogin } from '../data-centre/names.ts'

/** The users of one application server, of whatever system. */
export interface Users {
  /** Starts them. Each promise resolves when its user has finished, after the signal has aborted. */
  run(signal: AbortSignal): Promise<void>[]
  /** Takes new passwords while they run. */
  renew(login: ApplicationLogin): Promise<void>
}
