import { createRedactor, type Redactor } from '../report/redact.ts';
import { redactJson } from '../report/redact-json.ts';
import type { ColourLevel } from '../report/style.ts';
import { colourLevel } from './colour-level.ts';
import type { Io, OutputStream } from './io.ts';

/** Where a command's text goes: results to standard output, all else to standard error; secrets never. */
export interface Output {
  /** Writes a result. */
  out(text: string): void;
  /** Writes a result that is JSON, and stays so whatever the secrets are. */
  outJson(json: string): void;
  /** Writes progress, questions, problems and warnings. */
  err(text: string): void;
  /** Colours of standard output and of standard error. */
  readonly colours: { readonly out: ColourLevel; readonly err: ColourLevel };
  /** Columns of the terminal; 80 where there is none. */
  readonly width: number;
  /** True where standard error is a terminal whose lines can be redrawn. */
  readonly canRedraw: boolean;
  /** A text as it would be written: for what is cut or laid out before it is. */
  redact(text: string): string;
  /** Everything that is written passes through this. */
  readonly redactor: Redactor;
  /** Resolves, when all is written, to why some of it could not be, such as on a full disk; null where it was, or nobody wanted to read it. */
  lost(): Promise<string | null>;
  /** Writes a result with the secrets in it, which the operator asked to see. */
  outSecrets(text: string): void;
}

/** Makes the output of a command. A reader that goes away (`drover … | head`) ends the writing, not the run. */
export function createOutput({ stdout, stderr, env }: Io): Output {
  const colours = { out: colourLevel(stdout, env), err: colourLevel(stderr, env) };
  const [{ write: out, ...ofOut }, { write: err, ...ofErr }] = [writerTo(stdout), writerTo(stderr)];
  const redactor = createRedactor([]);
  return {
    out: (text) => out(redactor.text(text)),
    outJson: (json) => out(redactor.knowsAny() ? redactJson(json, redactor.text) : json),
    err: (text) => err(redactor.text(text)),
    outSecrets: out,
    lost: async () => {
      await new Promise(setImmediate);
      return ofOut.trouble() ?? ofErr.trouble();
    },
    redact: redactor.text,
    redactor,
    colours,
    get width(): number {
      return columnsOf(stdout) ?? columnsOf(stderr) ?? 80;
    },
    canRedraw: stderr.isTTY === true && colours.err > 0,
  };
}

/** A terminal that does not know its size says 0. */
function columnsOf({ isTTY, columns }: OutputStream): number | null {
  return isTTY === true && columns !== undefined && columns > 0 ? columns : null;
}

interface Writer {
  write(text: string): void;
  trouble(): string | null;
}

/** What cannot be written any more must not end a run in the middle. */
function writerTo(stream: OutputStream): Writer {
  let isOpen = true;
  let trouble: string | null = null;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    isOpen = false;
    // EPIPE and EIO (a closed terminal): nobody reads any more, which is no defect.
    if (error.code !== 'EPIPE' && error.code !== 'EIO') trouble ??= error.message;
  });
  return {
    write: (text) => {
      if (isOpen && text !== '') stream.write(text);
    },
    trouble: () => trouble,
  };
}
