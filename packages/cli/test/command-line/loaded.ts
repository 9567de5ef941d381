import { appendFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

/** Loaded with `--import`: records the URL of every module that the process loads, one per line. */
const file = process.env['LOADED_MODULES'] ?? ''
registerHooks({
  load(url, context, next) {
    if (!url.startsWith('node:')) appendFileSync(file, `${url}\n`)
    return next(url, context)
  },
})
