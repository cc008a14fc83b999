/** What a model would be asked about a statement, without asking it: for "show what is sent". */
import { type OptimizeRequest, optimizeStatement } from './optimize.ts';
import type { ProposalTask, RewriteProposer } from './rewrite-proposer.ts';

class Captured extends Error {}

/**
 * The task of the first question, exactly as an optimization would put it.
 *
 * @returns the task; a sentence when nothing would be asked
 * @throws what {@link optimizeStatement} throws
 */
export async function captureTask(
  request: Omit<OptimizeRequest, 'proposer' | 'scratch' | 'options'> & { readonly timeoutMs?: number },
): Promise<ProposalTask | string> {
  const { timeoutMs, ...rest } = request;
  const stop = new AbortController();
  const found: ProposalTask[] = [];
  const proposer: RewriteProposer = {
    name: '',
    propose: async (task) => {
      found.push(task);
      stop.abort(new Captured());
      return [];
    },
  };
  try {
    const result = await optimizeStatement({
      ...rest,
      proposer,
      scratch: null,
      options: { measure: false, timeoutMs },
      signal: request.signal ? AbortSignal.any([request.signal, stop.signal]) : stop.signal,
    });
    return result.model?.problem ?? result.reason;
  } catch (error) {
    const [task] = found;
    if (task && stop.signal.aborted && !request.signal?.aborted) return task;
    throw error;
  }
}
