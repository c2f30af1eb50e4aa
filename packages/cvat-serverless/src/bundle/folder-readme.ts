import { functionVariables } from '../function/index.js';
import { releaseRows } from '../releases/index.js';

export interface FolderReadmeOptions {
  readonly name: string;
  readonly model: string;
  readonly reply: string;
  readonly dependencies: 'vendor' | 'npm';
  readonly arch: string;
  readonly nuclio: string;
  readonly target: 'cpu' | 'gpu';
}

/** The command that deploys a function's folder, to be run in that folder. */
export function deployCommand(target: 'cpu' | 'gpu', path = '.'): string {
  const file = target === 'gpu' ? 'function-gpu.yaml' : 'function.yaml';
  return [
    `nuctl deploy --project-name cvat --path ${path} --file ${path}/${file} --platform local \\`,
    `  --platform-config '{"attributes": {"network": "cvat_cvat"}}'`,
  ].join('\n');
}

/** README.md of a generated folder. */
export function writeFolderReadme(options: FolderReadmeOptions): string {
  const { name, model, reply, dependencies, arch, nuclio, target } = options;
  const built =
    dependencies === 'vendor'
      ? `The build of the container image needs no npm, and the network only for the base image. onnxruntime-node and sharp for Linux ${arch} are in \`vendor.tgz\`. A \`postCopy\` directive unpacks it.`
      : 'During the build of the container image, `npm install --ignore-scripts` fetches onnxruntime-node and sharp (a `postCopy` directive). Without that option, the script of onnxruntime-node would download CUDA files.';
  return `# ${name}: Clickmask as a CVAT interactor

This is a nuclio function for self-hosted CVAT 2.3 or later. Clicks and boxes become masks. Model: ${model}. Replies: \`${reply}\`.

## Deploy

1. Start CVAT with its serverless part: \`docker compose -f docker-compose.yml -f components/serverless/docker-compose.serverless.yml up -d\`.
2. Get the \`nuctl\` version of the nuclio in your CVAT (${nuclio} for the version of this folder):

   | CVAT | nuclio | smallest reply |
   | --- | --- | --- |
${releaseRows()
  .map(([versions, version, smallest]) => `   | ${versions} | ${version} | \`${smallest}\` |`)
  .join('\n')}

3. In this folder:

   \`\`\`sh
   nuctl create project cvat --platform local   # once; CVAT shows functions of this project only
${indent(deployCommand(target))}
   \`\`\`

4. \`nuctl get function --platform local\` shows it ready, with its port. \`npx @clickmask/cvat-serverless check --url http://localhost:PORT\` asks it.
5. Reload CVAT. Choose the magic wand, AI tools, Interactors.

For a GPU, use \`function-gpu.yaml\` instead of \`function.yaml\`. The machine needs NVIDIA's container toolkit. The build of that image fetches the CUDA part of onnxruntime-node.

${built}

## Settings

Settings are in \`env\` of \`function.yaml\`. Deploy again after a change.

| variable | meaning |
| --- | --- |
${Object.entries(functionVariables)
  .map(([variable, meaning]) => `| \`${variable}\` | ${meaning} |`)
  .join('\n')}

## When something is wrong

- Not in CVAT's list: the project is not \`cvat\`, or CVAT runs without the serverless compose file. Check with \`nuctl get function --platform local\`.
- "503 Service Unavailable": CVAT's server cannot reach the function's port on the host. Check the firewall.
- "504": the function was slow. \`docker logs nuclio-nuclio-${name}\` shows the time of each step at debug level.
- "400" for large images: raise \`maxRequestBodySize\`. It counts base64, a third more than the file.
- Any other error: the reason is in \`docker logs nuclio-nuclio-${name}\`. CVAT shows only the status.

## Files

- \`main.js\` hands nuclio the function, which is in \`lib/\`; \`model/\` holds the network.
- \`clickmask-wrapper.mjs\` runs it instead of nuclio's own wrapper, which fails at requests above 64 KiB before nuclio 1.15. \`NUCLIO_NODEJS_WRAPPER_PATH\` names it.
- Licences: Clickmask Apache-2.0; onnxruntime-node and onnxruntime-common MIT; sharp and detect-libc Apache-2.0, libvips LGPL-3.0-or-later (a shared library that may be replaced), @img/colour MIT, semver ISC. The model's own: \`model/model.json\`.
`;
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `   ${line}`)
    .join('\n');
}
