/**
 * Turns off the telemetry of onnxruntime-node, which official builds for Linux and Windows have on by default: they keep
 * a device id in the user's cache folder and send data about models to Microsoft. A value that the user has set stays.
 *
 * Call it before the runtime is loaded, in the main thread: changes that a worker makes to its own environment do not
 * reach native code.
 */
export function turnOffTelemetry(): void {
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
}
