/**
 * Builds both packages and packs each into `dist`, as the tarball that `npm publish` would send.
 */
import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from './build.ts'
import { ROOT } from './packages.ts'

const run = promisify(execFile)
const DIST = join(ROOT, 'dist')

const { library, command } = await build()
for (const folder of [library.folder, command]) {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', DIST], { cwd: folder })
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
  const { size } = await stat(join(DIST, filename))
  console.log(`dist/${filename}  ${Math.ceil(size / 1024)} KiB`)
}
