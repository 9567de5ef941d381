import { appendFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

/** Given to a process by `--import`: writes down the address of every module that it loads, a line each. */
const file = process.env['LOADED_MODULES'] ?? ''
registerHooks({
  load(url, context, next) {
    if (!url.startsWith('node:')) appendFileSync(file, `${url}\n`)
    return next(url, context)
  },
})
