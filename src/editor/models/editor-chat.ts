/** `vscode.lm` as the provider of `src/models/editor-provider.ts` wants it. */
import * as vscode from 'vscode';
import type { EditorChat, EditorChatModel } from '../../models/editor-provider.ts';

const JUSTIFICATION =
  'AI SQL Optimizer asks for faster forms of the statement that you chose. “Show What Is Sent to the Model” shows the question.';

export const editorChat: EditorChat = {
  models: async () => (await vscode.lm.selectChatModels()).map(chatModel),
};

function chatModel(model: vscode.LanguageModelChat): EditorChatModel {
  const { id, name, vendor, family, maxInputTokens } = model;
  return {
    ...{ id, name, vendor, family, maxInputTokens },
    send: async (messages, signal) => {
      const cancellation = new vscode.CancellationTokenSource();
      signal.addEventListener('abort', () => cancellation.cancel(), { once: true });
      // the interface has no system messages: the instructions are the first of the user's
      const asked = messages.map((content) => vscode.LanguageModelChatMessage.User(content));
      const response = await model.sendRequest(asked, { justification: JUSTIFICATION }, cancellation.token);
      return response.text;
    },
  };
}
