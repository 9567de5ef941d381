/** The users of all units that Holdfast renders, one per service (see packages/site/src/render/systemd/units.ts). */
export const SERVICE_USERS = [
  'holdfast-redis',
  'holdfast-sentinel',
  'holdfast-watchdog',
  'holdfast-gateway',
  'holdfast-stunnel',
  'holdfast-operator',
] as const

/** Where packages install the file, below /usr. A file of the same name that is rendered for a host replaces it. */
export const SYSUSERS_FILE = 'lib/sysusers.d/holdfast.conf'

/** The file for sysusers.d(5). */
export const sysusersText = (): string =>
  `# The users of the units that \`holdfast render\` writes.\n${SERVICE_USERS.map((name) => `u ${name} - "${name}"\n`).join('')}`
