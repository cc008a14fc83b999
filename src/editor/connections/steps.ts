/** A form of several quick inputs, one after the other, with a way back. */
import * as vscode from 'vscode';

export interface TextStep<S> {
  readonly kind: 'text';
  readonly title: string;
  readonly prompt: string;
  readonly placeholder?: string;
  readonly password?: boolean;
  readonly value: (state: S) => string;
  /** what is wrong with the text, null when it is right */
  readonly problem?: (text: string) => string | null;
  readonly apply: (state: S, text: string) => S;
  readonly when?: (state: S) => boolean;
}

export interface Choice<T> {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  readonly value: T;
}

export interface ChoiceStep<S> {
  readonly kind: 'choice';
  readonly title: string;
  readonly prompt: string;
  readonly choices: (state: S) => readonly Choice<string>[];
  readonly value: (state: S) => string | null;
  readonly apply: (state: S, value: string) => S;
  readonly when?: (state: S) => boolean;
}

export type Step<S> = TextStep<S> | ChoiceStep<S>;

type Answer =
  | { readonly kind: 'back' }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'answer'; readonly text: string };

/**
 * Ask step after step. Escape gives the form up, the back button returns to the step before.
 *
 * @param title of the whole form
 * @returns the last state, null when the form was given up
 */
export async function runSteps<S>(title: string, steps: readonly Step<S>[], initial: S): Promise<S | null> {
  const history: { readonly index: number; readonly state: S }[] = [];
  let state = initial;
  let index = nextStep(steps, -1, state);
  while (index < steps.length) {
    const step = steps[index];
    if (!step) break;
    const answer = await ask(title, step, state, { index, total: steps.length, back: history.length > 0 });
    if (answer.kind === 'cancel') return null;
    if (answer.kind === 'back') {
      const before = history.pop();
      if (before) ({ index, state } = before);
      continue;
    }
    history.push({ index, state });
    state = step.apply(state, answer.text);
    index = nextStep(steps, index, state);
  }
  return state;
}

function nextStep<S>(steps: readonly Step<S>[], after: number, state: S): number {
  let index = after + 1;
  while (index < steps.length && steps[index]?.when?.(state) === false) index++;
  return index;
}

interface Place {
  readonly index: number;
  readonly total: number;
  readonly back: boolean;
}

function ask<S>(title: string, step: Step<S>, state: S, place: Place): Promise<Answer> {
  return step.kind === 'text' ? askText(title, step, state, place) : askChoice(title, step, state, place);
}

function askText<S>(title: string, step: TextStep<S>, state: S, place: Place): Promise<Answer> {
  const input = vscode.window.createInputBox();
  input.title = `${title}: ${step.title}`;
  input.prompt = step.prompt;
  input.placeholder = step.placeholder ?? '';
  input.password = step.password ?? false;
  input.value = step.value(state);
  const check = (): boolean => {
    const problem = step.problem?.(input.value) ?? null;
    input.validationMessage = problem ?? undefined;
    return problem === null;
  };
  input.onDidChangeValue(() => {
    if (input.validationMessage !== undefined) check();
  });
  return show(input, place, () => (check() ? input.value : null));
}

function askChoice<S>(title: string, step: ChoiceStep<S>, state: S, place: Place): Promise<Answer> {
  const pick = vscode.window.createQuickPick<vscode.QuickPickItem & { value: string }>();
  pick.title = `${title}: ${step.title}`;
  pick.placeholder = step.prompt;
  pick.items = step.choices(state).map(({ label, value, description, detail }) => ({
    label,
    value,
    ...(description === undefined ? {} : { description }),
    ...(detail === undefined ? {} : { detail }),
  }));
  const active = pick.items.find((item) => item.value === step.value(state));
  if (active) pick.activeItems = [active];
  return show(pick, place, () => pick.activeItems[0]?.value ?? null);
}

/** @param accept reads the answer; null while it is not acceptable */
function show(
  input: vscode.InputBox | vscode.QuickPick<vscode.QuickPickItem>,
  place: Place,
  accept: () => string | null,
): Promise<Answer> {
  input.step = place.index + 1;
  input.totalSteps = place.total;
  input.ignoreFocusOut = true;
  input.buttons = place.back ? [vscode.QuickInputButtons.Back] : [];
  return new Promise((resolve) => {
    let answer: Answer = { kind: 'cancel' };
    input.onDidAccept(() => {
      const text = accept();
      if (text === null) return;
      answer = { kind: 'answer', text };
      input.hide();
    });
    input.onDidTriggerButton(() => {
      answer = { kind: 'back' };
      input.hide();
    });
    input.onDidHide(() => {
      input.dispose();
      resolve(answer);
    });
    input.show();
  });
}
