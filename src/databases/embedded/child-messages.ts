/** What the embedded database's process is told when it starts, and what it says. */
export interface ChildTask {
  /** the data folder; it is filled when it is empty */
  readonly directory: string;
  /** the folder goes when the process ends on its own account */
  readonly temporary: boolean;
}

export type ChildMessage = { readonly kind: 'ready' } | { readonly kind: 'failed'; readonly message: string };
