#!/usr/bin/env bash
# Build the wheel, install it into an empty environment outside of the checkout, and use it there.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

.venv/bin/python -m build --quiet --wheel --outdir "$work" .
size=$(stat -c %s "$work"/*.whl)
test "$size" -lt 5000000 || { echo "the wheel has $size bytes"; exit 1; }

python3 -m venv "$work/env"
wheel=$(echo "$work"/*.whl)
"$work/env/bin/python" -m pip --disable-pip-version-check --quiet install \
  "$wheel" -c "$root/constraints.txt"
cd "$work"
"$work/env/bin/ugcbench" list models >/dev/null
"$work/env/bin/ugcbench" run --model blind --dataset mini --judge lexical --output run --quiet
"$work/env/bin/ugcbench" verify run
"$work/env/bin/ugcbench" leaderboard --format json >/dev/null
"$work/env/bin/python" - <<'PY'
import ugcbench, pathlib
assert "site-packages" in ugcbench.__file__, ugcbench.__file__
assert pathlib.Path(ugcbench.__file__).with_name("py.typed").exists()
result = ugcbench.Result.load("run")
assert len([cell for cell in result.summary.cells if cell.table]) == 8
print("the wheel works from outside of the checkout")
PY

# A plugin made by the template passes its tests, installs and runs, for somebody without a checkout.
"$work/env/bin/python" -m pip --disable-pip-version-check --quiet install \
  hatchling pytest -c "$root/constraints.txt"
"$work/env/bin/ugcbench" plugin new whale \
  --kind model --kind judge --kind task --kind dataset --kind command
(cd ugcbench-whale && "$work/env/bin/python" -m pytest --quiet)
"$work/env/bin/python" -m pip --disable-pip-version-check --quiet install \
  --no-build-isolation ./ugcbench-whale
"$work/env/bin/ugcbench" list models | grep '^whale ' >/dev/null
"$work/env/bin/ugcbench" run --model whale --tasks whale/recall,ugc/caption --dataset mini \
  --judge whale-judge --output plugin-run --quiet
"$work/env/bin/ugcbench" verify plugin-run
"$work/env/bin/ugcbench" whale plugin-run
echo "a plugin made by the template works from outside of the checkout"
