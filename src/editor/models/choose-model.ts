/** "Choose Model": what is installed, what can be downloaded, what the editor has, or none. */
import * as vscode from 'vscode';
import { ModelError } from '../../models/model-error.ts';
import type { ModelInfo } from '../../models/provider.ts';
import type { Log } from '../log.ts';
import { SETTINGS } from '../product.ts';
import { withCancellableProgress } from '../progress.ts';
import { report } from '../report.ts';
import { modelSettings, setModelSetting } from '../settings.ts';
import type { Consent } from './consent.ts';
import { editorProvider, ollamaProvider } from './models.ts';

interface Choice extends vscode.QuickPickItem {
  readonly run: () => Promise<void>;
}

/** Models worth downloading, with the memory that they need, smallest first. */
const SUGGESTED: readonly (readonly [string, string])[] = [
  ['qwen2.5-coder:3b', '2 GB; for machines with 8 GB of memory'],
  ['qwen2.5-coder:7b', '5 GB; for machines with 16 GB of memory'],
  ['qwen2.5-coder:14b', '9 GB; for machines with 32 GB of memory or a large graphics card'],
];

/** Let the user choose a model, or none, and keep the choice for this machine. */
export async function chooseModel(consent: Consent, log: Log): Promise<void> {
  const picked = await vscode.window.showQuickPick(choices(consent, log), {
    title: 'Language model for rewrites',
    placeHolder: 'Every rewrite of a model is tested and measured before it is shown',
    matchOnDescription: true,
  });
  try {
    await picked?.run();
  } catch (error) {
    void report(log, error, { what: 'Choosing the model' });
  }
}

async function choices(consent: Consent, log: Log): Promise<Choice[]> {
  const { url } = modelSettings();
  const [ollama, editor] = await Promise.all([installed(url), editorModels(log)]);
  const pick = (provider: 'ollama' | 'vscode', name: string) => async (): Promise<void> => {
    await setModelSetting('model.provider', provider);
    await setModelSetting('model.name', name);
    await setModelSetting('model.enabled', true);
  };
  return [
    separator('Ollama'),
    ...(typeof ollama === 'string'
      ? [unreachable(ollama)]
      : ollama.map((model) => item(model, pick('ollama', model.id)))),
    ...(typeof ollama === 'string' ? [] : [download(url, pick)]),
    separator('The editor’s models'),
    ...editor.map((model) => item(model, pick('vscode', model.id))),
    ...(editor.length === 0 ? [noneInstalled] : []),
    separator('Other'),
    {
      label: '$(circle-slash) Use no model',
      description: 'the pattern library works alone',
      run: () => setModelSetting('model.enabled', false),
    },
    {
      label: '$(shield) Forget what may be sent where',
      description: 'servers that are not this machine are asked about again',
      run: () => consent.forget(),
    },
  ];
}

function item(model: ModelInfo, run: Choice['run']): Choice {
  const size = model.sizeBytes === null ? '' : `${(model.sizeBytes / 1e9).toFixed(1)} GB`;
  const { enabled, name } = modelSettings();
  const facts = [model.parameters ?? '', size].filter((text) => text !== '').join(', ');
  return {
    label: `$(hubot) ${model.label}`,
    description: enabled && name === model.id ? `${facts} (chosen)` : facts,
    run,
  };
}

function separator(label: string): Choice {
  return { label, kind: vscode.QuickPickItemKind.Separator, run: async () => {} };
}

/** The models of the Ollama server, or the sentence that says why there are none. */
async function installed(url: string): Promise<readonly ModelInfo[] | string> {
  try {
    return await (await ollamaProvider(url, { answerMs: 5000 })).listModels();
  } catch (error) {
    if (!ModelError.is(error)) throw error;
    return error.message;
  }
}

async function editorModels(log: Log): Promise<readonly ModelInfo[]> {
  try {
    return await (await editorProvider()).listModels();
  } catch (error) {
    if (!ModelError.is(error, 'noModel'))
      log.error('The editor’s language models could not be listed', error);
    return [];
  }
}

function unreachable(reason: string): Choice {
  return {
    label: '$(cloud-download) Get Ollama …',
    detail: reason,
    run: async () => {
      const chosen = await vscode.window.showInformationMessage(
        'Ollama runs language models on your own machine, so nothing leaves it. Install and start it, then choose a model here.',
        'Open ollama.com',
        'Set Address',
      );
      if (chosen === 'Open ollama.com') {
        await vscode.env.openExternal(vscode.Uri.parse('https://ollama.com/download'));
      }
      if (chosen === 'Set Address') {
        await vscode.commands.executeCommand('workbench.action.openSettings', `${SETTINGS}.model.ollama.url`);
      }
    },
  };
}

const noneInstalled: Choice = {
  label: '$(info) None',
  description: 'they come with extensions such as GitHub Copilot',
  run: async () => {},
};

function download(
  url: string,
  pick: (provider: 'ollama' | 'vscode', name: string) => () => Promise<void>,
): Choice {
  return {
    label: '$(cloud-download) Download a model …',
    run: async () => {
      const other: vscode.QuickPickItem = { label: 'Another one …' };
      const picked = await vscode.window.showQuickPick(
        [...SUGGESTED.map(([label, description]) => ({ label, description })), other],
        { title: 'Model to download from ollama.com' },
      );
      const name =
        picked === other
          ? await vscode.window.showInputBox({ title: 'Name of the model', placeHolder: 'qwen2.5-coder:7b' })
          : picked?.label;
      if (!name) return;
      await pull(url, name);
      await pick('ollama', name)();
      void vscode.window.showInformationMessage(`${name} is ready.`);
    },
  };
}

async function pull(url: string, model: string): Promise<void> {
  const provider = await ollamaProvider(url);
  await withCancellableProgress(`Downloading ${model}`, (signal, say) =>
    provider.pull(model, {
      signal,
      onProgress: ({ status, fraction }) =>
        say(fraction === null ? status : `${Math.round(100 * fraction)} %`, fraction ?? undefined),
    }),
  );
}
