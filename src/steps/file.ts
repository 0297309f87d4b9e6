import { Secret } from '../model/secret.ts';
import type { Step, StepOptions } from '../model/step.ts';
import { contentOf, readLocal } from './content.ts';
import { checkOwner } from './ownership.ts';
import { fileReads, foundFile, planRegularFile, type RegularFile } from './regular-file.ts';
import { checkMode, checkPath, checkValidate, makeStep, StepArgumentError, wanted } from './step.ts';

/** Desired state of a regular file. */
export interface FileOptions extends StepOptions {
  /** Absolute path. */
  readonly path: string;
  /**
   * Exact content: text (written as UTF-8), a secret, or bytes, such as `localFile(import.meta.url, 'motd')`. Without content and source only
   * mode, owner and group are managed, and the file must exist.
   */
  readonly content?: string | Secret | Uint8Array | undefined;
  /** Absolute path of a file on the machine that runs drover, whose bytes are the content. Not together with `content`. */
  readonly source?: string | undefined;
  /** The content is a secret as a whole: that it differs is shown, and not what. Default: false, but for content that is a Secret. */
  readonly secret?: boolean | undefined;
  /** Octal digits such as `0640`. Default: left alone; `0644` for a new file. */
  readonly mode?: string | undefined;
  /** User name. Default: left alone; for a new file the user that the step runs as. */
  readonly owner?: string | undefined;
  /** Group name. Default: left alone. */
  readonly group?: string | undefined;
  /** Command that must succeed on the new file before it replaces the old one; `%s` stands for its path: `['visudo', '-cf', '%s']`. */
  readonly validate?: readonly string[] | undefined;
  /** What to do with a symbolic link at the path: `refuse` (default), or `replace` it by the file. */
  readonly link?: 'refuse' | 'replace' | undefined;
}

/** A regular file with exactly this content, mode and owner. Throws StepArgumentError for wrong arguments. */
export function file(options: FileOptions): Step {
  const path = checkPath('file', options.path);
  checkOwner('file', options);
  const { owner, group, source } = options;
  if (source !== undefined && options.content !== undefined) throw new StepArgumentError(`file: ${path} has both content and source`);
  const bytes = source === undefined ? options.content : readLocal(source);
  const content = bytes === undefined ? undefined : contentOf(bytes);
  const mode = checkMode('file', options.mode);
  const validate = checkValidate('file', options.validate);
  const desired: RegularFile = { path, content, mode, owner, group, validate, link: options.link ?? 'refuse' };
  return makeStep(
    {
      kind: 'file',
      subject: path,
      reads: fileReads(path, content === undefined ? undefined : { unless: content.digest }),
      wants: wanted({ content, mode, owner, group }),
      ...(options.secret === true || options.content instanceof Secret ? { secret: true } : {}),
      plan: (facts) => planRegularFile(desired, foundFile(path, facts)),
    },
    options,
  );
}
