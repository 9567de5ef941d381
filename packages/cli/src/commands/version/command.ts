import type { CommandSpec } from '../../command-line/command-spec.ts'
import { JSON_OPTION } from '../../data-centre/options.ts'
import type { VersionOptions } from './run.ts'

export const versionCommand: CommandSpec<VersionOptions> = {
  name: 'version',
  summary: 'Show the versions of Holdfast, Node and the engine',
  options: [JSON_OPTION],
  notes: ['Run it on two hosts to see whether they have the same version. It asks no other host.'],
  examples: ['holdfast version', 'ssh dc1-data-1 holdfast version --json'],
  load: async () => (await import('./run.ts')).showVersions,
}
