import { z } from 'zod';
import { Secret } from '../model/secret.ts';

/** The type of a parameter that is a secret: written as text, as a rule marked `!secret`, and given to the role as a Secret, which nothing shows. */
export function secret(): z.ZodPipe<z.ZodString, z.ZodTransform<Secret, string>> {
  return z
    .string()
    .min(4)
    .meta({ writeOnly: true })
    .transform((text) => new Secret(text));
}
