import type { RepositoryFile, ServableModel } from './repository.js';
import { tritonRepository } from './triton.js';

/** Options of a KServe service. */
export interface KserveOptions {
  /** Where the cluster finds the repository: `pvc://…`, `s3://…`, `gs://…`, `oci://…`. */
  readonly storageUri: string;
}

/**
 * A repository for KServe's Triton runtime, and the `InferenceService`.
 *
 * KServe's storage initialiser copies `models/` from the storage to the pod.
 */
export function kserveRepository(model: ServableModel, { storageUri }: KserveOptions): readonly RepositoryFile[] {
  return [
    ...tritonRepository(model, 'onnxruntime').map(({ path, data }) => ({ path: `models/${path}`, data })),
    { path: 'inference-service.yaml', data: inferenceService(model, storageUri) },
  ];
}

function inferenceService({ manifest, options }: ServableModel, storageUri: string): string {
  const gpu = options.device === 'gpu';
  return `# kubectl apply -f inference-service.yaml, after models/ was put to the storage.
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: ${manifest.name}
  annotations:
    # Plain Deployments: gRPC needs no Knative, and a click that waits for a pod to start is no click.
    serving.kserve.io/deploymentMode: RawDeployment
spec:
  predictor:
    minReplicas: 2
    maxReplicas: 8
    scaleMetric: cpu
    scaleTarget: 70
    model:
      modelFormat:
        name: triton
      protocolVersion: v2
      runtime: kserve-tritonserver
      storageUri: ${JSON.stringify(storageUri)}
      args:
        # Features of images: about 2 MB each for the embedded model.
        - --cache-config=local,size=1073741824
      resources:
        requests:
          cpu: "2"
          memory: 2Gi
        limits:
          memory: 4Gi${gpu ? '\n          nvidia.com/gpu: "1"' : ''}
`;
}
