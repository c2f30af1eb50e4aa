/** The bundler fills this in: files as gzip in base64. */
declare module 'virtual:embedded-files' {
  const files: {
    /** The worker's script, runtime included. */
    readonly worker: string;
    readonly wasm: string;
    /** The embedded model's files, by name. */
    readonly model: Readonly<Record<string, string>>;
  };
  export default files;
}
