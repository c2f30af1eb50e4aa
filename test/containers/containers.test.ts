import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DockerfileParser } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { globSync } from 'tinyglobby';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

/** What runs in containers does so with few rights, from named versions, and says how it is. */
const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));
const ignore = ['**/node_modules/**', '**/dist/**', '**/.cache/**'];
const find = (pattern: string) => globSync(pattern, { cwd: root, ignore });
const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** Whether an image is named with a version, so that it does not change by itself. */
const isPinned = (image: string) => /(:(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})$/.test(image);

describe.each(find('**/Dockerfile'))('%s', (file) => {
  const text = read(file);
  const dockerfile = DockerfileParser.parse(text);
  const last = dockerfile.getInstructions().slice(-12);
  const argumentsOf = (keyword: string) =>
    last
      .filter((instruction) => instruction.getKeyword() === keyword)
      .map((found) => found.getArgumentsContent() ?? '');

  it('has nothing for the linter to say', () => {
    expect(validate(text).map(({ message, range }) => `${range.start.line + 1}: ${message}`)).toEqual([]);
  });

  it.runIf(process.env.HADOLINT)('has nothing for hadolint to say', () => {
    expect(spawnSync(String(process.env.HADOLINT), [join(root, file)], { encoding: 'utf8' })).toMatchObject({
      stdout: '',
      status: 0,
    });
  });

  it('starts from versions', () => {
    const stages = dockerfile.getFROMs().map((from) => from.getBuildStage());
    const images = dockerfile.getFROMs().map((from) => from.getImage() ?? '');
    expect(images.filter((image) => !stages.includes(image) && !isPinned(image))).toEqual([]);
  });

  it('runs as a user by number, tells its health, and starts without a shell', () => {
    expect(argumentsOf('USER')).toEqual([expect.stringMatching(/^[1-9]\d*(:[1-9]\d*)?$/)]);
    expect(argumentsOf('HEALTHCHECK')).toHaveLength(1);
    expect(argumentsOf('ENTRYPOINT')).toEqual([expect.stringMatching(/^\[/)]);
  });

  it('keeps the work of this machine out', () => {
    const ignored = read(`${file}.dockerignore`).split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.git', '**/node_modules', '**/dist']));
  });

  it('has its size in the README beside it', () => {
    expect(read(join(dirname(file), 'README.md'))).toMatch(/container image has about \d+ MB/);
  });
});

interface Service {
  readonly image?: string;
  readonly build?: unknown;
}

describe.each(find('**/compose*.yaml'))('%s', (file) => {
  const services = Object.entries(
    (parse(read(file)) as { readonly services: Readonly<Record<string, Service>> }).services,
  );

  it('starts versions', () => {
    expect(services.filter(([, { image }]) => image !== undefined && !isPinned(image))).toEqual([]);
  });

  it('gives our own containers few rights', () => {
    for (const [, service] of services.filter(([, { build }]) => build !== undefined)) {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
    }
  });
});

interface Pods {
  readonly kind?: string;
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
}

describe.each(find('deploy/kubernetes/*.yaml'))('%s', (file) => {
  const deployments = parseAllDocuments(read(file))
    .map((document) => document.toJS() as Pods)
    .filter(({ kind }) => kind === 'Deployment');

  it('gives our own containers few rights and a limit', () => {
    expect(deployments).not.toEqual([]);
    for (const { spec } of deployments) {
      expect(spec.template.spec).toMatchObject({ securityContext: { runAsNonRoot: true } });
      for (const container of spec.template.spec.containers) {
        expect(isPinned(container.image), container.image).toBe(true);
        expect(container).toMatchObject({
          resources: { limits: { memory: expect.any(String) } },
          readinessProbe: expect.any(Object),
          livenessProbe: expect.any(Object),
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        });
      }
    }
  });
});
