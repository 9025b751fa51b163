#!/usr/bin/env bash
# Every check. Installs what is missing on Debian, as root; elsewhere it says what to install. What it builds lies where
# `cargo run --release` and `trunk serve` have it, so that nothing is built twice. CARGO_TARGET_DIR names another place.
set -euo pipefail
cd "$(dirname "$0")"
# A CI's checkout is new every time, and what was built for the last one is good for the next.
[ -z "${CI:-}" ] || export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/gradfeat/target}"
export CARGO_TERM_COLOR="${CARGO_TERM_COLOR:-never}"

# Cargo joins the features that the packages of one command ask of a dependency: other packages together are another
# Burn to build. These are what `cargo run --release` and Trunk ask for.
PUBLISHED=(-p gradient-features-vocabulary -p gradient-features-shaders -p gradient-features)
NATIVE=("${PUBLISHED[@]}" -p native)
ENGINE=(-p engine --target wasm32-unknown-unknown --profile page)
APP=(-p app --target wasm32-unknown-unknown --profile page)
# Lints and documents need no code of any dependency: one reading of all of them, for this machine, serves all packages.
ALL=(--workspace --release)

step() { printf '\n== %s (%d s)\n' "$1" "$SECONDS"; }
has() { command -v "$1" >/dev/null 2>&1; }
first() { find "$1" -name "$2" 2>/dev/null | head -n 1; }
# Waits for what was begun beside, and prints what it said.
finish() {
    local code=0
    wait "$1" || code=$?
    cat "$2"
    return "$code"
}
browser() { has chromium || has chromium-browser || has google-chrome || has google-chrome-stable; }
lavapipe() { first /usr/share/vulkan/icd.d 'lvp_icd*.json'; }

# Installs Debian's packages, or says which are missing.
packages() {
    if has apt-get && [ "$(id -u)" = 0 ]; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
    else
        echo "missing: $* (Debian's names); install them and run this again" >&2
        exit 1
    fi
}

step "formatting"
cargo fmt --all --check

step "tools"
missing=()
has npm || missing+=(nodejs npm)
browser || missing+=(chromium)
[ -n "${VK_DRIVER_FILES:-$(lavapipe)}" ] || missing+=(mesa-vulkan-drivers libvulkan1)
[ ${#missing[@]} = 0 ] || packages "${missing[@]}"
VK_DRIVER_FILES="${VK_DRIVER_FILES:-$(lavapipe)}"
export VK_DRIVER_FILES
./tools.sh
PATH="$(./tools.sh --path):$PATH"
TARGET="$(cargo metadata --no-deps --format-version 1 | node -p 'JSON.parse(require("fs").readFileSync(0)).target_directory')"

# The page's programs: with its tests cargo links the engine itself, beside them. A link is a single thread for minutes,
# and so all this goes on beside the next steps. Then the page as it is published, and for a fixed address: its programs
# are the same, and optimised once.
programs() {
    cargo test "${ENGINE[@]}" --no-run
    cargo build "${APP[@]}" --bins --tests
    trunk build --release --offline
    trunk build --release --offline --public-url /any/prefix/ --dist "$PREFIXED"
}
ASIDE="$(mktemp -d)"
export PREFIXED="$ASIDE/page"
# A group of its own, to be ended with this.
set -m
programs >"$ASIDE/programs" 2>&1 &
set +m
programs=$!
trap 'kill -- "-$programs" 2>/dev/null || true; kill $(jobs -p) 2>/dev/null || true; rm -rf "$ASIDE"' EXIT

step "lints"
cargo clippy "${ALL[@]}" --all-targets -- -D warnings

step "documents"
RUSTDOCFLAGS=-Dwarnings cargo doc "${ALL[@]}" --no-deps

step "packages"
cargo package --quiet --no-verify --offline --allow-dirty "${PUBLISHED[@]}"

step "native tests, examples and documents' examples"
cargo test --release "${NATIVE[@]}" --no-run
# On a software GPU the suite takes longest, and keeps one core: the rest goes on beside it.
cargo test --release "${NATIVE[@]}" --test wgpu >"$ASIDE/wgpu" 2>&1 &
wgpu=$!
cargo test --release "${NATIVE[@]}" -- --skip on_wgpu::
# The tests have built them.
for example in predict fit jvp; do "$TARGET/release/examples/$example"; done
cargo test --release -p protocol
finish "$wgpu" "$ASIDE/wgpu"

step "the shipped models on the real test images"
cargo test --release "${NATIVE[@]}" --test shipped -- --ignored

step "the page's programs"
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner
finish "$programs" "$ASIDE/programs"
cargo test "${APP[@]}"
# On the CPU the suite is a single thread too. With a software GPU it takes the better part of an hour; these parts minutes.
cargo test "${ENGINE[@]}" >"$ASIDE/suite" 2>&1 &
suite=$!
for part in kernels golden training:: similarity::images; do
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER="node $PWD/web/e2e/webgpu_runner.js" cargo test "${ENGINE[@]}" --test suite "$part"
done
finish "$suite" "$ASIDE/suite"

step "the page in a browser, with WebGPU and without"
GRADFEAT="$TARGET/release/gradfeat" node web/e2e/run.js

step "done"
