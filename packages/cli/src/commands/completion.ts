import type { AnyCommand, CommandSpec } from '../command.ts'

/** The command `completion`, of all commands that there are when it runs, and the groups of those with two words. */
export const completionCommand = (
  commands: () => readonly AnyCommand[],
  groups: Readonly<Record<string, string>>,
): CommandSpec<unknown> => ({
  name: 'completion',
  summary: 'print a script by which a shell completes the commands and options of holdfast',
  argument: { name: 'shell', summary: 'bash, zsh or fish', words: ['bash', 'zsh', 'fish'] },
  options: [],
  notes: [
    'bash:  source <(holdfast completion bash)                  (in ~/.bashrc)',
    'zsh:   source <(holdfast completion zsh)                   (in ~/.zshrc, after compinit)',
    'fish:  holdfast completion fish > ~/.config/fish/completions/holdfast.fish',
  ],
  load: async () => (await import('../handlers/completion.ts')).completionOf(commands(), groups),
})
