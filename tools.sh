#!/usr/bin/env bash
# What the page is built with besides Rust and Node: the WebAssembly target, Trunk, wasm-bindgen and wasm-opt. Installs
# what is missing; run again, it does nothing. `tools.sh --path` prints the folders of the last two, for a PATH.
#
# Trunk goes to cargo's own folder of programs, where the shell finds it. The other two have to be of the versions in
# Trunk.toml, so they go to Trunk's cache, where it looks for them, and any other version on the PATH stays as it is.
set -euo pipefail
cd "$(dirname "$0")"

# Trunk 0.22 needs a newer Rust.
TRUNK=0.21.14
pinned() { sed -n "s/^$1 = \"\(.*\)\"/\1/p" Trunk.toml; }
case "$(uname -s)" in
    Darwin) CACHE="$HOME/Library/Caches/dev.trunkrs.trunk" ;;
    *) CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/trunk" ;;
esac
BINDGEN="$CACHE/wasm-bindgen-$(pinned wasm_bindgen)"
OPT="$CACHE/wasm-opt-$(pinned wasm_opt)"

if [ "${1:-}" = --path ]; then
    echo "$BINDGEN:$OPT/bin"
    exit
fi

has() { command -v "$1" >/dev/null 2>&1; }
need() { has "$1" || { echo "missing: $1 ($2)" >&2 && exit 1; }; }
# Programs that run for seconds need no optimisation that takes minutes.
install() {
    echo "installing $1 $2"
    CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
        CARGO_PROFILE_RELEASE_DEBUG=false cargo install "$1" --version "$2" --quiet --force "${@:3}"
}

need cargo "https://rustup.rs"
need node "https://nodejs.org, or your system's package nodejs"
need npm "it comes with Node, or your system's package npm"

if [ ! -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" ]; then
    need rustup "or your system's package of Rust for wasm32-unknown-unknown"
    rustup target add wasm32-unknown-unknown
fi

# The lock of wasm-bindgen-cli names a version that is not to be had, and Trunk does not compile without its own.
[ -x "$BINDGEN/wasm-bindgen" ] || {
    install wasm-bindgen-cli "$(pinned wasm_bindgen)" --no-default-features --root "$BINDGEN"
    mv "$BINDGEN"/bin/* "$BINDGEN/"
}
case "$(trunk --version 2>/dev/null || true)" in
    "trunk 0.21."*) ;;
    *) install trunk "$TRUNK" --locked ;;
esac

# Playwright and axe-core come along: both are small.
modules=web/e2e/node_modules
cmp -s web/e2e/package-lock.json "$modules/.installed" || {
    (cd web/e2e && npm ci --silent --no-audit --no-fund)
    cp web/e2e/package-lock.json "$modules/.installed"
}
[ -x "$OPT/bin/wasm-opt" ] || {
    mkdir -p "$OPT/bin"
    cp "$modules"/binaryen/bin/{package.json,wasm-opt} "$OPT/bin/"
}
