import type { AnyCommand, CommandSpec } from '../../command-line/command-spec.ts'

/** The command `completion`. `commands` is called when it runs, because the list of all commands includes it. */
export const completionCommand = (
  commands: () => readonly AnyCommand[],
  groups: Readonly<Record<string, string>>,
): CommandSpec<unknown> => ({
  name: 'completion',
  summary: 'Print a completion script for your shell',
  argument: { name: 'shell', summary: 'bash, zsh or fish', choices: ['bash', 'zsh', 'fish'] },
  options: [],
  notes: ['Put the bash line into ~/.bashrc, and the zsh line into ~/.zshrc after compinit.'],
  examples: [
    'source <(holdfast completion bash)',
    'source <(holdfast completion zsh)',
    'holdfast completion fish > ~/.config/fish/completions/holdfast.fish',
  ],
  load: async () => (await import('./run.ts')).completionOf(commands(), groups),
})
