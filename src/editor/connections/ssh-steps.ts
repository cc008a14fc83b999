/** The questions about the jump host of a connection. */
import type { ConnectionAnswers } from './connection-form.ts';
import { isServer } from './profile.ts';
import { jumpHostOf, jumpHostText } from './profile-ssh.ts';
import type { Step } from './steps.ts';

/** @param existing true when a connection is changed: an empty secret keeps the stored one then */
export function sshSteps(existing: boolean): Step<ConnectionAnswers>[] {
  const hasSsh = ({ draft }: ConnectionAnswers): boolean => isServer(draft.engine) && draft.ssh !== null;
  return [
    {
      kind: 'text',
      title: 'Jump host',
      prompt: 'SSH host that leads to the server, as user@host; leave it empty when you reach it directly',
      placeholder: 'deploy@jump.example.com:22',
      value: ({ draft }) => jumpHostText(draft.ssh),
      problem: (text) =>
        jumpHostOf(text, null) === undefined ? 'Please write it as user@host or user@host:port.' : null,
      apply: (state, text) => ({
        ...state,
        draft: { ...state.draft, ssh: jumpHostOf(text, state.draft.ssh) ?? null },
      }),
      when: ({ draft }) => isServer(draft.engine),
    },
    {
      kind: 'text',
      title: 'SSH key',
      prompt: 'File of the private key; empty for the keys of your SSH agent and ~/.ssh, or for a password',
      placeholder: '~/.ssh/id_ed25519',
      value: ({ draft }) => draft.ssh?.keyFile ?? '',
      apply: (state, text) => {
        const { ssh } = state.draft;
        const keyFile = text.trim() === '' ? null : text.trim();
        return ssh ? { ...state, draft: { ...state.draft, ssh: { ...ssh, keyFile } } } : state;
      },
      when: hasSsh,
    },
    {
      kind: 'text',
      title: 'SSH password',
      prompt: `The key’s passphrase, or the password on the jump host; ${
        existing ? 'empty keeps the stored one' : 'empty when none is needed'
      }. Kept in the editor’s secret storage only.`,
      password: true,
      value: () => '',
      apply: (state, text) => ({ ...state, sshSecret: text === '' ? undefined : text }),
      when: hasSsh,
    },
  ];
}
