import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionOfFolder, folderEntry } from '../../../src/editor/connections/folders.ts';

const root = '/work/shop';
const rules = (user: object, workspace: object = {}) => ({
  user: { ...user },
  workspace: { ...workspace },
  root,
});

test('a file takes the connection of the deepest folder that is named', () => {
  const both = rules({ '/work/shop': 'user:a', '/work/shop/reports/': 'user:b' });
  assert.equal(connectionOfFolder('/work/shop/x.sql', both), 'user:a');
  assert.equal(connectionOfFolder('/work/shop/reports/x.sql', both), 'user:b');
  assert.equal(connectionOfFolder('/work/shop/reports-old/x.sql', both), 'user:a');
  assert.equal(connectionOfFolder('/elsewhere/x.sql', both), null);
});

test('a workspace leads to its own connections only, whatever it writes', () => {
  const repository = rules({}, { reports: 'user:production', '.': 'own', '../other': 'own', '/abs': 'own' });
  assert.equal(connectionOfFolder('/work/shop/x.sql', repository), 'workspace:own');
  assert.equal(connectionOfFolder('/work/shop/reports/x.sql', repository), 'workspace:user:production');
  assert.equal(connectionOfFolder('/work/other/x.sql', repository), null);
  assert.equal(connectionOfFolder('/abs/x.sql', repository), null);
});

test('the user’s word comes before the workspace’s for the same folder', () => {
  const both = rules({ '/work/shop/reports': 'user:mine' }, { reports: 'theirs' });
  assert.equal(connectionOfFolder('/work/shop/reports/x.sql', both), 'user:mine');
});

test('a choice is written where its connection is, without leaving the workspace', () => {
  const user = { scope: 'user' as const, id: 'a', key: 'user:a' };
  const workspace = { scope: 'workspace' as const, id: 'w', key: 'workspace:w' };
  const at = (folder: string, profile: Parameters<typeof folderEntry>[1]) =>
    folderEntry(folder, profile, root);
  assert.deepEqual(at('/work/shop/reports', user), {
    scope: 'user',
    path: '/work/shop/reports',
    value: 'user:a',
  });
  assert.deepEqual(at('/work/shop/reports/', workspace), { scope: 'workspace', path: 'reports', value: 'w' });
  assert.deepEqual(at('/work/shop', workspace), { scope: 'workspace', path: '.', value: 'w' });
  assert.equal(at('/other', workspace).scope, 'user');
  for (const profile of [user, workspace]) {
    const { scope, path, value } = at('/work/shop/reports', profile);
    assert.equal(connectionOfFolder('/work/shop/reports/x.sql', rules({}, {})), null);
    const written = rules(
      scope === 'user' ? { [path]: value } : {},
      scope === 'workspace' ? { [path]: value } : {},
    );
    assert.equal(connectionOfFolder('/work/shop/reports/x.sql', written), profile.key);
  }
});

test('settings that are no texts are passed over', () => {
  assert.equal(connectionOfFolder('/work/shop/x.sql', rules({ '/work/shop': 7 }, { '.': null })), null);
});
