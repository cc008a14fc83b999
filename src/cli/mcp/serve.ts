/** The Model Context Protocol over standard input and output. Specification: https://modelcontextprotocol.io */

import { TOOLS, ToolArguments, type ToolContext, ToolError } from '../../core/agents/tools.ts';
import { DatabaseError } from '../../core/database.ts';

export interface ServeOptions {
  readonly version: string;
  readonly signal: AbortSignal;
  readonly input: NodeJS.ReadableStream;
  readonly onProblem: (message: string) => void;
}

/** Answer calls until the client closes its end or the signal aborts. */
export async function serveTools(context: ToolContext, options: ServeOptions): Promise<void> {
  const [{ Server }, { StdioServerTransport }, { CallToolRequestSchema, ListToolsRequestSchema }] =
    await Promise.all([
      import('@modelcontextprotocol/sdk/server/index.js'),
      import('@modelcontextprotocol/sdk/server/stdio.js'),
      import('@modelcontextprotocol/sdk/types.js'),
    ]);
  const server = new Server(
    { name: 'ai-sql-optimizer', version: options.version },
    { capabilities: { tools: {} } },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: TOOLS.map(({ name, title, description, inputSchema }) => ({
      ...{ name, title, description },
      inputSchema: { ...inputSchema, required: [...inputSchema.required] },
      annotations: { title, readOnlyHint: true, destructiveHint: false, openWorldHint: false },
    })),
  }));
  const inTurn = queue();
  server.setRequestHandler(CallToolRequestSchema, ({ params }, { signal }) =>
    inTurn(() => call(params.name, params.arguments ?? {}, context, signal)),
  );
  server.onerror = (error) => options.onProblem(error.message);
  const ended = new Promise<void>((resolve) => {
    server.onclose = resolve;
    options.input.once('end', resolve);
    options.input.once('close', resolve);
    options.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await server.connect(new StdioServerTransport());
  await ended;
  await server.close();
}

interface ToolResult {
  // the protocol's own types leave room for further fields
  [field: string]: unknown;
  content: { type: 'text'; text: string }[];
  structuredContent?: Record<string, unknown>;
  isError?: boolean;
}

async function call(
  name: string,
  values: Record<string, unknown>,
  context: ToolContext,
  signal: AbortSignal,
): Promise<ToolResult> {
  const tool = TOOLS.find((each) => each.name === name);
  if (!tool)
    return failed(`There is no tool "${name}". The tools are: ${TOOLS.map((t) => t.name).join(', ')}.`);
  try {
    signal.throwIfAborted();
    const result = await tool.run(new ToolArguments(values), context, signal);
    return {
      content: [{ type: 'text', text: JSON.stringify(result, null, 2) }],
      structuredContent: { ...result },
    };
  } catch (error) {
    if (error instanceof ToolError || DatabaseError.is(error)) return failed(error.message);
    return failed(`Internal error: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function failed(message: string): ToolResult {
  return { content: [{ type: 'text', text: message }], isError: true };
}

/** One work after the other: they share a sandbox, and a measurement wants the machine for itself. */
function queue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };
}
