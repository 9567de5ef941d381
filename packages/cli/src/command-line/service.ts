/** What commands need that systemd runs as a service. */

/** A signal that aborts when systemd stops the service. */
export function untilStopped(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => controller.abort())
  return controller.signal
}

/** Writes one event to the journal. */
export const logEvent = (event: string, details: Record<string, unknown>): void =>
  logLine(`${event} ${JSON.stringify(details)}`)

/** Writes one line to the journal. */
export function logLine(text: string): void {
  process.stderr.write(`${text}\n`)
}
