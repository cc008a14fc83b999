/** Read-only documents that the extension shows: their texts, by URI, as long as they are open. */
import * as vscode from 'vscode';
import { PREVIEW_LANGUAGE, SCHEMES } from '../product.ts';

export type ShownKind = 'rewrite' | 'stored' | 'text';

export class ShownDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly subscriptions: vscode.Disposable[];
  private count = 0;

  constructor() {
    this.subscriptions = [
      this.changed,
      vscode.workspace.registerTextDocumentContentProvider(SCHEMES.preview, this),
      vscode.workspace.registerTextDocumentContentProvider(SCHEMES.text, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.texts.delete(uri.toString())),
    ];
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const again = uri.scheme === SCHEMES.preview ? '“Optimize with AI”' : 'its command';
    return (
      this.texts.get(uri.toString()) ??
      `This belonged to a window that was closed. Run ${again} again to see it.\n`
    );
  }

  /**
   * Make a document of SQL.
   *
   * @param kind 'rewrite' has the actions of a preview, 'stored' has none
   * @param side what the path says: 'original', 'c1'
   */
  async sql(kind: 'rewrite' | 'stored', side: string, name: string, text: string): Promise<vscode.Uri> {
    return this.make(SCHEMES.preview, `/${kind}/${++this.count}/${side}/${name}`, text, PREVIEW_LANGUAGE);
  }

  /** Make a document of plain text, or of SQL without actions. */
  async text(name: string, text: string, language = 'plaintext'): Promise<vscode.Uri> {
    return this.make(SCHEMES.text, `/${++this.count}/${name}`, text, language);
  }

  /** Show another text in a document that is still open. */
  update(uri: vscode.Uri, text: string): void {
    if (!this.texts.has(uri.toString())) return;
    this.texts.set(uri.toString(), text);
    this.changed.fire(uri);
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private async make(scheme: string, path: string, text: string, language: string): Promise<vscode.Uri> {
    const uri = vscode.Uri.from({ scheme, path });
    this.texts.set(uri.toString(), text);
    const document = await vscode.workspace.openTextDocument(uri);
    if (document.languageId !== language) {
      // changing the language closes and opens the document, which forgets its text
      await vscode.languages.setTextDocumentLanguage(document, language);
      this.texts.set(uri.toString(), text);
    }
    return uri;
  }
}
