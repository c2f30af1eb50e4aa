import { type CvatClient, type CvatShape, createCvatClient } from '@clickmask/cvat-serverless';

/** A running CVAT, as the environment names it. */
export interface CvatServer {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly client: CvatClient;
  /** Uploads files as a new task with the labels cat and dog; gives the task and its first job. */
  createTask(name: string, files: readonly UploadedFile[]): Promise<{ readonly task: number; readonly job: number }>;
  deleteTask(task: number): Promise<void>;
  /** What a person changes of shapes that are there: they keep their ids. */
  updateShapes(job: number, shapes: readonly CvatShape[]): Promise<void>;
  /** Any request of the REST interface. */
  call(method: string, path: string, body?: unknown): Promise<unknown>;
}

export interface UploadedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The CVAT of CVAT_URL, CVAT_USERNAME and CVAT_PASSWORD; null where the environment names none. */
export function namedCvat(env: NodeJS.ProcessEnv = process.env): CvatServer | null {
  const { CVAT_URL: url, CVAT_USERNAME: username, CVAT_PASSWORD: password } = env;
  if (!url || !username || !password) return null;
  const base = url.replace(/\/$/, '');
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const send = async (method: string, path: string, body?: FormData | string): Promise<unknown> => {
    const headers = new Headers({ authorization });
    if (typeof body === 'string') headers.set('content-type', 'application/json');
    const response = await fetch(`${base}${path}`, { method, headers, body });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  const call: CvatServer['call'] = (method, path, body) =>
    send(method, path, body === undefined ? undefined : JSON.stringify(body));
  return {
    url: base,
    username,
    password,
    client: createCvatClient({ url: base, auth: { username, password } }),
    call,
    async createTask(name, files) {
      const attributes = [
        { name: 'sleeps', mutable: true, input_type: 'checkbox', default_value: 'false', values: ['false'] },
      ];
      const labels = [{ name: 'cat', attributes }, { name: 'dog' }];
      const { id: task } = (await call('POST', '/api/tasks', { name, labels })) as { id: number };
      const form = new FormData();
      form.append('image_quality', '70');
      files.forEach(({ name, bytes }, i) => {
        form.append(`client_files[${i}]`, new Blob([bytes as Uint8Array<ArrayBuffer>]), name);
      });
      const { rq_id: id } = (await send('POST', `/api/tasks/${task}/data`, form)) as { rq_id: string };
      for (let tries = 0; ; tries++) {
        const { status, message } = (await call('GET', `/api/requests/${encodeURIComponent(id)}`)) as Progress;
        if (status === 'finished') break;
        if (status === 'failed' || tries > 240) throw new Error(`CVAT made no task of the files: ${status} ${message}`);
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
      const { results } = (await call('GET', `/api/jobs?task_id=${task}`)) as { results: { id: number }[] };
      return { task, job: results[0].id };
    },
    deleteTask: async (task) => void (await call('DELETE', `/api/tasks/${task}`)),
    updateShapes: async (job, shapes) => {
      // What the server writes as null it does not take back.
      const sent = shapes.map((shape) =>
        Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== null)),
      );
      const body = { version: 0, tags: [], shapes: sent, tracks: [] };
      await call('PATCH', `/api/jobs/${job}/annotations/?action=update`, body);
    },
  };
}

interface Progress {
  readonly status: string;
  readonly message: string;
}
