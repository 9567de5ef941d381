import type { HostDelivery } from '@holdfast/cluster'
import { paint } from '../terminal/paint.ts'
import { paragraph } from '../terminal/wrap.ts'

const INDENT = 4

/** What people are to bring to which host, and to do there, below a sentence that says when. */
export const hostsText = (head: string, hosts: readonly HostDelivery[]): string[] => [
  `  ${head}`,
  ...hosts.flatMap(({ host, files, steps }) => [
    paragraph(`${host}: ${files.map(({ from, to }) => `${from} -> ${to}`).join(', ')}`, INDENT),
    ...steps.flatMap(({ why, command }) => [
      `      ${paint.faint(`# ${why}`)}`,
      `      ${paint.accent(command)}`,
    ]),
  ]),
]
