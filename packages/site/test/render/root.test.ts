import {
  exampleSite,
  operatedSite,
  proxiedSite,
  renderExample,
  tunnelledSite,
} from '@holdfast/testing/hosts/example-site'
import { expect, it } from 'vitest'
import type { RenderedFile } from '../../src/render/render-site.ts'

const FILES = [
  operatedSite(),
  operatedSite({ transport: 'stunnel' }),
  tunnelledSite(),
  proxiedSite(),
  exampleSite({ profile: 'as-documented', transport: 'plain' }),
].flatMap((site) => renderExample(site))

const UNITS = FILES.filter(({ path }) => path.endsWith('.service'))
const TMPFILES = FILES.filter(({ path }) => path.endsWith('tmpfiles.conf'))

/** Settings whose files systemd opens as root. */
const OPENED = /^(EnvironmentFile|PIDFile|LoadCredential|Standard\w+|Bind\w*Paths)$/

const SPECIFIERS = { '%t': '/run', '%S': '/var/lib', '%L': '/var/log', '%C': '/var/cache' }

/** `[name, value]` of each setting of a unit. */
const settingsOf = ({ text }: RenderedFile): [string, string][] =>
  [...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [
    name,
    value.replaceAll(/%[tSLC]/g, (found) => SPECIFIERS[found as keyof typeof SPECIFIERS]),
  ])

const ROOTS: Record<string, string> = {
  RuntimeDirectory: '/run/',
  StateDirectory: '/var/lib/',
  CacheDirectory: '/var/cache/',
  LogsDirectory: '/var/log/',
  ReadWritePaths: '',
}

/** The folders in which the user of a unit may write. */
const WRITABLE = UNITS.flatMap((unit) =>
  settingsOf(unit).flatMap(([name, value]) => (name in ROOTS ? [`${ROOTS[name]}${value}`] : [])),
)

/** The settings that root executes or opens for a unit. */
function rootLinesOf(unit: RenderedFile): string[] {
  const settings = settingsOf(unit)
  const isRoots = !settings.some(([name]) => name === 'User')
  return settings
    .filter(([name, value]) =>
      name.startsWith('Exec') ? isRoots || /^[-@:]*[+!]/.test(value) : OPENED.test(name),
    )
    .map(([name, value]) => `${name}=${value}`)
}

it('the units give services folders in which they may write', () => {
  expect(WRITABLE).toEqual(expect.arrayContaining(['/run/holdfast-redis', '/var/lib/holdfast/gateway']))
})

it.each(UNITS.map((unit): [string, RenderedFile] => [unit.path, unit]))(
  'root opens no file in a folder in which a service may write: %s',
  (_, unit) => {
    for (const line of rootLinesOf(unit)) {
      for (const folder of [...WRITABLE, '/tmp', '/var/tmp']) expect(line).not.toContain(`${folder}/`)
    }
  },
)

// INV-SITE-7.
it('no unit runs a command as root if its service has its own user', () => {
  for (const unit of UNITS) {
    for (const [name, value] of settingsOf(unit)) {
      if (name.startsWith('Exec')) expect(value, `${unit.path}: ${name}`).not.toMatch(/^[-@:]*[+!]/)
    }
  }
})

it('systemd-tmpfiles changes no owner below a folder in which a service may write', () => {
  const paths = TMPFILES.flatMap(({ text }) =>
    [...text.matchAll(/^[a-z]\S* (\/\S+)/gm)].map(([, path]) => path),
  )
  expect(paths).toContain('/etc/holdfast/gateway.json')
  for (const path of paths) {
    for (const folder of WRITABLE) expect(path).not.toContain(`${folder}/`)
  }
})
