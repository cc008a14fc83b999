/** On top of the right side of a preview: the gain, the decision, the evidence. */
import * as vscode from 'vscode';
import { COMMANDS, SCHEMES } from '../product.ts';
import { evidenceText, figuresText, gainText, levelText } from './evidence-text.ts';
import type { Preview } from './preview.ts';
import type { Previews } from './previews.ts';

export class PreviewLenses implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly previews: Previews;
  private readonly subscription: vscode.Disposable;
  readonly onDidChangeCodeLenses: vscode.Event<void>;

  constructor(previews: Previews) {
    this.previews = previews;
    this.onDidChangeCodeLenses = previews.onDidChange;
    this.subscription = vscode.languages.registerCodeLensProvider({ scheme: SCHEMES.preview }, this);
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const preview = this.previews.of(document.uri);
    return preview ? lenses(preview) : [];
  }

  dispose(): void {
    this.subscription.dispose();
  }
}

function lenses(preview: Preview): vscode.CodeLens[] {
  const { candidate } = preview;
  if (!candidate) return [];
  const top = new vscode.Range(0, 0, 0, 0);
  const lens = (title: string, command: string, tooltip = ''): vscode.CodeLens =>
    new vscode.CodeLens(top, { title, command, tooltip });
  const several = preview.candidates().length > 1;
  const refuted = preview.result.refuted.length;
  const gain = gainText(candidate);
  return [
    lens(
      '$(check) Accept',
      COMMANDS.acceptRewrite,
      'Write this rewrite into the file; one undo takes it back',
    ),
    lens('$(close) Reject', COMMANDS.rejectRewrite, 'Do not show this rewrite again'),
    ...(several ? [lens('$(chevron-right) Next', COMMANDS.nextRewrite)] : []),
    ...(several ? [lens('$(chevron-left) Previous', COMMANDS.previousRewrite)] : []),
    ...(candidate.model
      ? [
          lens(
            '$(hubot) From a model',
            COMMANDS.showEvidence,
            `${candidate.model.name}: ${candidate.model.why}`,
          ),
        ]
      : []),
    lens(levelText(candidate.evidence), COMMANDS.showEvidence, evidenceText(candidate.evidence)),
    lens(gain.charAt(0).toUpperCase() + gain.slice(1), COMMANDS.showEvidence, figuresText(candidate)),
    ...(preview.connection === null ? [] : [lens('Compare plans', COMMANDS.comparePlans)]),
    ...(refuted === 0
      ? []
      : [lens(`${refuted} refuted`, COMMANDS.showCounterexamples, 'Show the counterexamples')]),
  ];
}
