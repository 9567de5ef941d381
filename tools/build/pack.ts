/**
 * Builds both packages and packs each into `dist`, as the tarball that `npm publish` would send, with its bill of materials.
 */
import { execFile } from 'node:child_process'
import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from './build.ts'
import { ROOT } from './packages.ts'
import { billOfMaterials } from './sbom.ts'

const run = promisify(execFile)
const DIST = join(ROOT, 'dist')

const { library, command } = await build()
for (const folder of [library.folder, command]) {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', DIST], { cwd: folder })
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
  const { size } = await stat(join(DIST, filename))
  console.log(`dist/${filename}  ${Math.ceil(size / 1024)} KiB`)
  const bill = filename.replace(/\.tgz$/, '.cdx.json')
  await writeFile(join(DIST, bill), JSON.stringify(await billOfMaterials(folder), null, 2))
  console.log(`dist/${bill}`)
}
