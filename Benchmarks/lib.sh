# Sourced by every benchmark: `source lib.sh NAME "$@"` runs python/benches/NAME.py with the peer's Python.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
name="$1"
shift
python="$here/../.venv-bench/bin/python"
if [ ! -x "$python" ]; then
  echo "The Python peer is not set up. Run Benchmarks/setup first." >&2
  exit 69
fi
# Left set, these two would hold the peer's numpy and our BLAS on an older processor's kernels.
if [ -n "${OPENBLAS_CORETYPE:-}${OPENBLAS_L2_SIZE:-}" ]; then
  echo "Unset for this run, for both sides: OPENBLAS_CORETYPE, OPENBLAS_L2_SIZE." >&2
  unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
fi
export PYTHONPATH="$here/python"
exec "$python" -m "benches.$name" "$@"
