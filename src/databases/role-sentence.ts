import type { RoleAdvice } from '../core/database.ts';

const POWERS: Readonly<Record<RoleAdvice['power'], string>> = {
  superuser: 'is a superuser',
  owner: 'owns tables and may change them',
  writer: 'may write',
};

/** What a connection's role may do, and that less is enough. */
export function roleSentence({ power, user }: RoleAdvice): string {
  return `The user ${user} ${POWERS[power]}. Nothing is written, but a user that may only read is enough.`;
}
