#!/usr/bin/env bash
# Every check, cheapest first. Installs what is missing on Debian; elsewhere it says what to install.
# Environment: CARGO_TARGET_DIR (default: a cache folder, found again by the next run).
set -euo pipefail
cd "$(dirname "$0")"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/gradfeat/target}"
export CARGO_TERM_COLOR="${CARGO_TERM_COLOR:-never}"
TOOLS="${GRADFEAT_TOOLS:-$HOME/.cache/gradfeat/tools}"
export PATH="$TOOLS/bin:$PWD/web/e2e/node_modules/.bin:$PATH"

# They have to match Cargo.lock (wasm-bindgen) and the toolchain (trunk).
WASM_BINDGEN=0.2.130
TRUNK=0.21.14
# The page is built for its own target and profile. Always the same packages together, so that their dependencies are
# built once: a package alone may ask for fewer features, and Burn would be built again.
NATIVE=(-p shaders -p shared -p native)
WEB=(-p web --target wasm32-unknown-unknown --profile page)

step() { printf '\n== %s (%d s)\n' "$1" "$SECONDS"; }
has() { command -v "$1" >/dev/null 2>&1; }
version_is() { has "$1" && [ "$("$1" --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1)" = "$2" ]; }

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

lavapipe() { find /usr/share/vulkan/icd.d -name 'lvp_icd*.json' 2>/dev/null | head -n 1; }

step "formatting"
cargo fmt --all --check

step "tools"
rustup target list --installed | grep -qx wasm32-unknown-unknown || rustup target add wasm32-unknown-unknown
has npm || packages nodejs npm
has chromium || packages chromium
[ -n "${VK_DRIVER_FILES:-$(lavapipe)}" ] || packages mesa-vulkan-drivers libvulkan1
VK_DRIVER_FILES="${VK_DRIVER_FILES:-$(lavapipe)}"
export VK_DRIVER_FILES
(cd web/e2e && npm ci --silent --no-audit --no-fund)
# Built in their own folder: their dependencies have nothing to do with ours. The lock of wasm-bindgen-cli names a
# version that is too new to be had, and trunk does not compile without its lock.
tools_target=(--root "$TOOLS" --target-dir "$TOOLS/target")
version_is wasm-bindgen "$WASM_BINDGEN" ||
    cargo install wasm-bindgen-cli --version "$WASM_BINDGEN" --quiet --force "${tools_target[@]}"
version_is trunk "$TRUNK" || cargo install trunk --version "$TRUNK" --locked --quiet --force "${tools_target[@]}"

step "lints"
cargo clippy --release "${NATIVE[@]}" --all-targets -- -D warnings
cargo clippy "${WEB[@]}" --all-targets -- -D warnings
cargo clippy --release -p split --all-targets -- -D warnings

step "native tests"
cargo build --release "${NATIVE[@]}"
cargo test --release "${NATIVE[@]}"

step "the shipped models on the real test images"
cargo test --release "${NATIVE[@]}" --test shipped -- --ignored

step "the page"
CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner cargo test "${WEB[@]}"
# In a browser with a software GPU the whole suite takes the better part of an hour; these a few minutes.
for part in kernels golden training similarity::images; do
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER="node e2e/webgpu_runner.js" cargo test "${WEB[@]}" --test suite "$part"
done
trunk build --release --offline
# The same page for a fixed address; without wasm-opt, which takes minutes.
PREFIXED="$(mktemp -d)"
export PREFIXED
trap 'rm -rf "$PREFIXED"' EXIT
trunk build --offline --public-url /any/prefix/ --dist "$PREFIXED"
node --input-type=module --eval 'import("./web/publish/publish.js").then(({ publish }) => publish(process.env.PREFIXED))'

step "the page in a browser, with WebGPU and without"
GRADFEAT="$CARGO_TARGET_DIR/release/gradfeat" node --test --test-concurrency=1 web/e2e/*.test.js

step "done"
