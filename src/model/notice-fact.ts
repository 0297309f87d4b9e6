/** Whether a host still waits for a handler that an earlier run notified. Key: `role/handler`. */
export interface NoticeFact {
  readonly kept: boolean;
  /** Id of the step that notified it; empty where nothing is kept. */
  readonly by: string;
  /** Id of the run that did not get to the handler; empty where nothing is kept. */
  readonly run: string;
}

/** A notification as it is kept on the host, from before the change until its handler has run. */
export interface Notice {
  /** `role/handler`. */
  readonly key: string;
  readonly by: string;
  readonly run: string;
}

/** What an action does about notifications: keeps some before it changes anything, forgets some once it has succeeded. */
export interface Notices {
  readonly keep: readonly Notice[];
  readonly forget: readonly string[];
}
