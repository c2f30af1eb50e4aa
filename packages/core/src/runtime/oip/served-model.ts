import { ClickmaskError, isClickmaskError } from '../../errors/index.js';
import type { DeclaredTensor } from '../../models/manifest.js';
import type { GraphSource, TensorInfo, TensorType } from '../backend.js';
import type { ResolvedServer } from './address.js';
import type { OipClient } from './client.js';

/** Inputs and outputs of a model on a server, as declared in the manifest. */
export interface ServedContract {
  /** Its name on the server. */
  readonly name: string;
  readonly inputs: readonly DeclaredTensor[];
  readonly outputs: readonly DeclaredTensor[];
}

/** The server's model under this name, checked. */
export interface ServedModel {
  /** The server's types of inputs and outputs. */
  readonly types: Readonly<Record<string, TensorType>>;
}

/** The parameter of a server's model configuration that holds the SHA-256 of `model.json`. */
export const hashParameter = 'clickmask_model_sha256';

/**
 * The version number of an exported model on a server: the first 48 bits of the SHA-256 of `model.json`. It is part of
 * every call, so a server with other weights answers with an error and never with a wrong mask.
 *
 * @param modelHash - SHA-256 in hex
 * @returns a whole number from 1, as text
 */
export function versionOf(modelHash: string): string {
  return String(Math.max(1, Number.parseInt(modelHash.slice(0, 12), 16)));
}

interface Wanted {
  readonly server: ResolvedServer;
  readonly source: GraphSource;
  readonly contract: ServedContract;
  readonly version: string;
}

/**
 * Compares the server's description of a model with the manifest: weights, names, types, shapes.
 *
 * @throws ClickmaskError `bad-model`, and errors of a call
 */
export async function checkServed(client: OipClient, wanted: Wanted): Promise<ServedModel> {
  const { server, source, contract, version } = wanted;
  const { name } = contract;
  const { modelHash, manifest } = source;
  const short = `${modelHash.slice(0, 12)} (version ${version})`;
  const metadata = await client
    .call(`the model '${name}'`, (transport, timeoutMs) => transport.modelMetadata(name, version, timeoutMs))
    .catch(async (error: unknown) => {
      if (version === '' || !isClickmaskError(error, 'bad-model')) throw error;
      throw otherWeights(client.server, name, short, await whatIsThere(client, name));
    });
  if (version !== '') {
    if (metadata.versions.length > 0 && !metadata.versions.includes(version)) {
      throw otherWeights(client.server, name, short, `the versions ${metadata.versions.join(', ')}`);
    }
    const parameters = await client.call(`the model '${name}'`, (transport, timeoutMs) =>
      transport.modelParameters(name, version, timeoutMs),
    );
    const found = parameters?.[hashParameter];
    if (found !== undefined && found !== modelHash) {
      throw otherWeights(client.server, name, modelHash, found.slice(0, 64));
    }
  }
  const misfits = [
    ...differences('input', contract.inputs, metadata.inputs, source),
    ...differences('output', contract.outputs, metadata.outputs, source),
    ...metadata.inputs
      .filter((info) => !contract.inputs.some((declared) => declared.name === info.name))
      .map((info) => `another input ${render(info)}`),
  ];
  if (misfits.length > 0) {
    const message = `Expected the model '${name}' at ${server.url} to fit model.json of ${manifest.name} ${manifest.version}, but it has ${misfits.join('; ')}. Export the repository again.`;
    throw new ClickmaskError('bad-model', message, { details: { server: server.url, model: name } });
  }
  return { types: Object.fromEntries([...metadata.inputs, ...metadata.outputs].map(({ name, type }) => [name, type])) };
}

/** For the message about other weights: those of the server. */
async function whatIsThere(client: OipClient, name: string): Promise<string> {
  try {
    const { versions } = await client.call(`the model '${name}'`, (transport, timeoutMs) =>
      transport.modelMetadata(name, '', timeoutMs),
    );
    return versions.length === 0 ? 'another version' : `the versions ${versions.join(', ')}`;
  } catch {
    return 'no model of that name';
  }
}

function differences(
  kind: 'input' | 'output',
  declared: ServedContract['inputs'],
  found: readonly TensorInfo[],
  source: GraphSource,
): readonly string[] {
  return declared.flatMap((tensor) => {
    const info = found.find((candidate) => candidate.name === tensor.name);
    if (info === undefined) return [`no ${kind} ${render(tensor)}`];
    const fits =
      acceptsType(info, tensor, source) &&
      info.shape.length === tensor.shape.length &&
      info.shape.every(
        (size, i) => Number(size) < 1 || typeof tensor.shape[i] === 'string' || size === tensor.shape[i],
      );
    return fits ? [] : [`${kind} ${render(info)} where ${render(tensor)} was expected`];
  });
}

const render = ({ name, type, shape }: TensorInfo): string => `'${name}' ${type}[${shape.join(', ')}]`;

/** Allowed differences between a server's tensor and the manifest's: bytes for an image, halves for features. */
function acceptsType(info: TensorInfo, declared: DeclaredTensor, source: GraphSource): boolean {
  if (info.type === declared.type) return true;
  if (declared.type !== 'float32') return false;
  return info.type === 'float16' || (info.type === 'uint8' && info.name === 'image' && source.bytePicture);
}

/** No version on the server has the weights of the local `model.json`. */
function otherWeights(server: string, name: string, expected: string, found: string): ClickmaskError {
  const message = `Expected the inference server at ${server} to hold '${name}' of the weights ${expected}, as model.json here describes them, but found ${found}. Export the repository again, or take the model here that the server has.`;
  return new ClickmaskError('bad-model', message, { details: { server, model: name, expected, found } });
}
