/**
 * Statements over PostgreSQL's extended protocol, with values as the text that the server sent. `pg` is used for the
 * connection, its authentication and its message parser; its own query class is not, because it converts values and
 * fetches all rows.
 *
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
 */
import type { Client } from 'pg';
import type { Cell } from '../../core/database.ts';
import { ResultSize } from '../result-size.ts';

/** A result column as the protocol describes it. */
export interface WireField {
  readonly name: string;
  readonly dataTypeID: number;
  readonly dataTypeModifier: number;
}

export interface WireResult {
  readonly fields: readonly WireField[];
  readonly rows: readonly (readonly Cell[])[];
  /** the server had more rows than were asked for */
  readonly suspended: boolean;
  /** rows that came and were thrown away, since those before them hold too much */
  readonly dropped: number;
  /** the command tag: 'SELECT 5', 'UPDATE 3' */
  readonly command: string;
}

export interface WireStatement {
  /** exactly one statement: the server refuses more in this protocol */
  readonly text: string;
  /** parameter values as text */
  readonly values?: readonly Cell[];
  /** rows to fetch at most; more stay in the server */
  readonly maxRows?: number | undefined;
  /** only ask for the result's columns */
  readonly describeOnly?: boolean;
}

/** What is used of pg's connection. */
interface Wire {
  parse(message: { text: string; name: string; types: number[] }): void;
  bind(message: { portal: string; statement: string; values: Cell[] }): void;
  describe(message: { type: 'P' | 'S'; name: string }): void;
  execute(message: { portal: string; rows: number }): void;
  close(message: { type: 'P' | 'S'; name: string }): void;
  sync(): void;
  sendCopyFail(message: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** Run one statement. @throws what pg raises: a server error with its fields, or the connection's error */
export function runExtended(client: Client, statement: WireStatement): Promise<WireResult> {
  return new Promise((resolve, reject) => {
    // pg's types ask for its own Connection; at run time only `submit` and the handlers matter
    client.query(new Exchange(statement, resolve, reject) as unknown as { submit: () => void });
  });
}

/**
 * Run statements without parameters in one round trip; the last result. Not for statements of unknown origin on a
 * user's database: the simple protocol takes several in one text.
 *
 * @param copyData the lines for a COPY … FROM STDIN
 */
export async function runSimple(client: Client, text: string, copyData?: string): Promise<WireResult> {
  return new Promise((resolve, reject) => {
    client.query(
      new SimpleExchange({ text, copyData }, resolve, reject) as unknown as { submit: () => void },
    );
  });
}

/** Collects the server's answers; pg calls the handlers by their names. */
abstract class Collecting {
  protected fields: readonly WireField[] = [];
  protected rows: (readonly Cell[])[] = [];
  private readonly capped: boolean;
  private size: ResultSize;
  private dropped = 0;
  /** the command under way said what its rows look like */
  private described = false;
  private suspended = false;
  private command = '';
  private error: unknown = null;
  private readonly resolve: (result: WireResult) => void;
  private readonly reject: (error: unknown) => void;

  /** @param capped the caller takes a result that is cut off */
  constructor(resolve: (result: WireResult) => void, reject: (error: unknown) => void, capped = false) {
    this.capped = capped;
    this.size = new ResultSize(capped);
    this.resolve = resolve;
    this.reject = reject;
  }

  handleRowDescription(message: { fields: readonly WireField[] }): void {
    this.fields = message.fields;
    this.rows = [];
    this.size = new ResultSize(this.capped);
    this.dropped = 0;
    this.described = true;
  }

  handleDataRow(message: { fields: readonly Cell[] }): void {
    if (this.size.full) {
      this.dropped++;
      return;
    }
    this.size.add(message.fields);
    this.rows.push(message.fields);
  }

  handlePortalSuspended(): void {
    this.suspended = true;
  }

  handleEmptyQuery(): void {}

  handleCommandComplete(message: { text: string }): void {
    if (!this.described) {
      this.fields = [];
      this.rows = [];
    }
    this.described = false;
    this.command = message.text;
  }

  handleCopyInResponse(wire: Wire): void {
    wire.sendCopyFail('COPY FROM STDIN has no data here.');
  }

  handleCopyData(): void {}

  handleError(error: unknown): void {
    if (this.error !== null) return;
    this.error = error;
    this.reject(error);
  }

  handleReadyForQuery(): void {
    const { fields, rows, suspended, dropped, command } = this;
    this.resolve({ fields, rows, suspended, dropped, command });
  }
}

class Exchange extends Collecting {
  private readonly statement: WireStatement;

  constructor(
    statement: WireStatement,
    resolve: (result: WireResult) => void,
    reject: (error: unknown) => void,
  ) {
    super(resolve, reject, statement.maxRows !== undefined);
    this.statement = statement;
  }

  submit(wire: Wire): void {
    const { text, values = [], maxRows = 0, describeOnly = false } = this.statement;
    wire.parse({ text, name: '', types: [] });
    if (describeOnly) {
      wire.describe({ type: 'S', name: '' });
    } else {
      wire.bind({ portal: '', statement: '', values: [...values] });
      wire.describe({ type: 'P', name: '' });
      wire.execute({ portal: '', rows: maxRows });
      wire.close({ type: 'P', name: '' });
    }
    wire.sync();
  }
}

class SimpleExchange extends Collecting {
  private readonly statement: { readonly text: string; readonly copyData: string | undefined };

  constructor(
    statement: { readonly text: string; readonly copyData: string | undefined },
    resolve: (result: WireResult) => void,
    reject: (error: unknown) => void,
  ) {
    super(resolve, reject);
    this.statement = statement;
  }

  /** The data follow at once, without waiting for the server to ask: it ignores them when COPY fails. */
  submit(wire: Wire & { query(text: string): void }): void {
    const { text, copyData } = this.statement;
    wire.query(text);
    if (copyData === undefined) return;
    const lines = copyData === '' || copyData.endsWith('\n') ? copyData : `${copyData}\n`;
    wire.sendCopyFromChunk(Buffer.from(lines));
    wire.endCopyFrom();
  }

  override handleCopyInResponse(wire: Wire): void {
    if (this.statement.copyData === undefined) super.handleCopyInResponse(wire);
  }
}
