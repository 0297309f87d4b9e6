/** Sets a parameter of Postfix in main.cf. */
export interface SetPostfix {
  readonly kind: 'setPostfix';
  readonly parameter: string;
  /** In one line. */
  readonly value: string;
}
