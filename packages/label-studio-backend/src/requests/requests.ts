import { z } from 'zod';
import { Problem } from '../problems/index.js';

/** Long enough for any labeling config. */
const config = z.string().max(2_000_000).nullish();
const text = z.string().max(10_000).nullish();
/** Ids are numbers, sometimes as text. Longer texts are not ids. */
const id = z.union([z.number(), z.string().max(100)]).transform(String);

/** A task. Only the fields in use are checked; all others pass. */
const taskSchema = z.looseObject({
  id: id.nullish(),
  data: z.record(z.string().max(1000), z.unknown()).nullish(),
  annotations: z.unknown().optional(),
  predictions: z.unknown().optional(),
  drafts: z.unknown().optional(),
});

export type PredictTask = z.infer<typeof taskSchema>;

export const predictSchema = z.looseObject({
  tasks: z.array(taskSchema).max(10_000),
  project: id.nullish(),
  label_config: config,
  params: z
    .looseObject({
      context: z.looseObject({ result: z.unknown().optional(), event: z.unknown().optional() }).nullish(),
    })
    .nullish(),
});

export type PredictRequest = z.infer<typeof predictSchema>;

export const setupSchema = z.looseObject({
  project: id.nullish(),
  schema: config,
  hostname: text,
  access_token: text,
  extra_params: z.unknown().optional(),
});

export const webhookSchema = z.looseObject({
  action: z.string().max(100),
  project: z.union([z.looseObject({ id: id.nullish() }), id]).nullish(),
  task: z.union([z.looseObject({ id: id.nullish() }), id]).nullish(),
  annotation: z.unknown().optional(),
});

/** @throws Problem `bad-request` that names each wrong field */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, 5).map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
  throw new Problem('bad-request', `Expected a request of Label Studio but ${issues.join('; ').slice(0, 600)}.`);
}

/** `12.1746612998` means project 12, created at that second. */
export function projectId(project: string | null | undefined): string {
  return (project ?? '').split('.')[0].slice(0, 40);
}
