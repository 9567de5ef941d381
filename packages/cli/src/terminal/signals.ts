/** Returns a controller that aborts at the first SIGINT, SIGTERM or SIGHUP. Later signals call `onAgain`. */
export function abortOnSignals(onAgain: () => void = () => {}): AbortController {
  const controller = new AbortController()
  const onSignal = () => {
    if (controller.signal.aborted) onAgain()
    else controller.abort()
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal)
  return controller
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
