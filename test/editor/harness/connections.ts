/** Adding a connection in the editor by its URL, step by step. */
import type { Page } from 'playwright-core';
import { answerQuickInput, pickQuickItem, runCommand } from './workbench.ts';

export interface NewConnection {
  /** as a person pastes it, password included */
  readonly url: string;
  readonly name: string;
  /** the answer to "Safety" */
  readonly safety: 'Ask me' | 'Never: read-only';
  /** the answer to "Test databases", which only MySQL and MariaDB are asked for */
  readonly testDatabases?: 'No';
}

/** Adds a connection to the user's settings; it becomes that of the file in front. What is asked after that is left open. */
export async function addConnection(page: Page, connection: NewConnection): Promise<void> {
  const step = (title: string) => page.locator('.quick-input-title', { hasText: title }).waitFor();
  await runCommand(page, 'SQL Optimizer: Add Connection from URL');
  await answerQuickInput(page, connection.url);
  await step('Name');
  await answerQuickInput(page, connection.name);
  await step('Safety');
  await pickQuickItem(page, connection.safety);
  if (connection.testDatabases !== undefined) {
    await step('Test databases');
    await pickQuickItem(page, connection.testDatabases);
  }
  await step('Where to keep it');
  await pickQuickItem(page, 'User settings');
}
