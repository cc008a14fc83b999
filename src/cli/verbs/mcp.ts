import { withTarget } from '../connect.ts';
import { serveTools } from '../mcp/serve.ts';
import { chooseModel } from '../model.ts';
import { keepScratch, SCRATCH_OPTION } from '../scratch.ts';
import { EXIT, textOption, type Verb } from '../verb.ts';

/** Of the tools, not of the package: clients show it. */
const VERSION = '1';

/** `sqlopt mcp`: the same core as tools for language-model agents. */
export const mcpVerb: Verb = {
  name: 'mcp',
  summary:
    'serve tools for agents (Model Context Protocol over standard input and output); none of them writes',
  usage: '[--connection URL | --schema FILE.sql] [--model NAME] [--ollama URL] [--scratch-on-server]',
  options: { 'send-values': { type: 'boolean' }, ...SCRATCH_OPTION },
  async run(context) {
    return withTarget(context, async (target) => {
      // an agent is a model itself: a second one is asked only when it is named
      const named = ['model', 'ollama'].some((name) => textOption(context.options, name) !== undefined);
      const model = named ? await chooseModel(context) : null;
      const scratch = keepScratch(target, context);
      try {
        await serveTools(
          { ...target, scratch: scratch.open, proposer: model?.proposer ?? null },
          {
            version: VERSION,
            signal: context.signal,
            input: process.stdin,
            onProblem: (message) => context.progress(message),
          },
        );
      } finally {
        await scratch.close();
      }
      return EXIT.done;
    });
  },
};
