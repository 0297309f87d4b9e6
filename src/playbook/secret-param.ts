import { z } from 'zod';
import { Secret } from '../model/secret.ts';

/** What zod says of a value that is no such parameter; by it messages know that the value is not to be shown. */
const NO_SECRET = 'no secret text of 4 characters or more';

/** True for what is wrong with the value of a parameter that is a secret. */
export function isSecretIssue({ message }: { readonly message: string }): boolean {
  return message === NO_SECRET;
}

/** The type of a parameter that is a secret: written as text, as a rule marked `!secret`, and given to the role as a Secret, which nothing shows. */
export function secret(): z.ZodPipe<z.ZodString, z.ZodTransform<Secret, string>> {
  return z
    .string(NO_SECRET)
    .min(4, NO_SECRET)
    .meta({ writeOnly: true })
    .transform((text) => new Secret(text));
}
