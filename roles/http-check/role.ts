import { defineRole, waitFor, z } from 'drover';

const params = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, message: 'must begin with http:// or https://' })
      .describe('What is asked for, by the host that the role is carried out on'),
    status: z.int().min(200).max(599).default(200).describe('Status of a good answer; a redirect is an answer of its own'),
    body: z
      .string()
      .regex(/^[^\n\0]+$/, 'must be one line')
      .optional()
      .describe('Text that a line of a good answer has. Default: any'),
    times: z.int().min(1).max(1000).default(3).describe('How many good answers in a row'),
    interval: z.number().min(0.1).max(3600).default(1).describe('Seconds between two of them'),
    deadline: z.number().positive().max(86_400).default(60).describe('Seconds after which it is given up; the host fails then'),
  })
  .refine(({ times, interval, deadline }) => (times - 1) * interval < deadline, {
    path: ['deadline'],
    message: 'is too short for so many answers at that interval',
  });

/** A health check, for `after` and `gate` of rolling maintenance. */
export default defineRole({
  name: 'http-check',
  description: 'A URL answers as it should, several times in a row; waited for until a deadline, changes nothing',
  platforms: 'any',
  params,
  steps: ({ params: { url, status, body, times, interval, deadline } }) => ({
    steps: [waitFor({ http: { url, status, body }, times, intervalMs: interval * 1000, deadlineMs: deadline * 1000 })],
  }),
});
