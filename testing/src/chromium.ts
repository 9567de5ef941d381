import { findProgram } from '@holdfast/local/preflight/programs'
import { type Browser, chromium } from 'playwright-core'
import { isRoot, isThere } from './hosts/programs.ts'

export type { Browser, Page } from 'playwright-core'

/** Whether Chromium is installed. The set-up installs it on Debian. */
export const hasChromium = isThere('chromium')

/** Starts Chromium without a window. The caller closes it. `args` are further options of its command line. */
export const startChromium = (args: string[] = []): Promise<Browser> =>
  chromium.launch({
    executablePath: findProgram('chromium'),
    // Chromium refuses to run as root with its sandbox.
    chromiumSandbox: !isRoot,
    args,
    timeout: 30_000,
  })
