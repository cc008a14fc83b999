/** The paths by clicking on other engines than the embedded one, in one editor: opening one is the dearest part of a suite. */
import { after, before, describe } from 'node:test';
import { mariadbPath } from './engines/mariadb.ts';
import { sqlServerPath } from './engines/sql-server.ts';
import { workloadPath } from './engines/workload.ts';
import { type Editor, openEditor } from './harness/editor.ts';

describe('in one editor', () => {
  let editor: Editor;
  before(async () => {
    editor = await openEditor({ theme: 'dark' });
  });
  after(() => editor?.[Symbol.asyncDispose]());

  mariadbPath(() => editor);
  sqlServerPath(() => editor);
  workloadPath(() => editor);
});
