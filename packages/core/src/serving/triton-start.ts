/**
 * Starts Triton with the repository that it lies in, using the server's Python package: for machines without
 * containers.
 */
export const tritonStart = `#!/bin/sh
# Starts Triton on this repository without a container, by the package nvidia-pytriton: Linux, Python 3.8 or later.
#
#   sh start.sh [OPTION OF TRITONSERVER ...]
#
# TRITON_ENV   the environment to use, made at the first start (default: ~/.cache/clickmask/triton)
# PYTHON       what makes it (default: python3)
set -eu
repository=$(cd "$(dirname "$0")" && pwd)
environment=\${TRITON_ENV:-\${XDG_CACHE_HOME:-$HOME/.cache}/clickmask/triton}
if ! "$environment/bin/python" -c 'import onnxruntime, numpy' 2>/dev/null || [ ! -f "$environment/ready" ]; then
  echo "Triton is put into $environment: once, some 450 MB, a minute or more" >&2
  "\${PYTHON:-python3}" -m venv "$environment"
  "$environment/bin/pip" install --quiet --disable-pip-version-check nvidia-pytriton==0.7.0 onnxruntime numpy
  touch "$environment/ready"
fi
python=$environment/bin/python
site=$("$python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
lib=$("$python" -c 'import sysconfig; print(sysconfig.get_config_var("LIBDIR"))')
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
server=$site/pytriton/tritonserver
# The Python backend wants its stub beside it.
backends=$environment/backends
if [ ! -x "$backends/python/triton_python_backend_stub" ]; then
  cp -r "$server/backends" "$environment/backends.$$"
  cp "$server/python_backend_stubs/$version/triton_python_backend_stub" "$environment/backends.$$/python/"
  mv "$environment/backends.$$" "$backends"
fi
export PATH="$environment/bin:$PATH" PYTHONPATH="$site" ORT_DISABLE_TELEMETRY="\${ORT_DISABLE_TELEMETRY:-1}"
export LD_LIBRARY_PATH="$site/nvidia_pytriton.libs:$lib\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
# Memory for tensors is kept, not given back and fetched anew with every request.
export MALLOC_MMAP_THRESHOLD_=268435456 MALLOC_TRIM_THRESHOLD_=1073741824
exec "$server/bin/tritonserver" --model-repository="$repository" --backend-directory="$backends" \\
  --cache-directory="$server/caches" --cache-config=local,size=268435456 \\
  --http-address=127.0.0.1 --grpc-address=127.0.0.1 "$@"
`;
