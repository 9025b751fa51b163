#!/usr/bin/env bash
# What the page is built with besides Rust and Node: the WebAssembly target, Trunk, wasm-bindgen and wasm-opt. Installs
# what is missing; run again, it does nothing. `tools.sh --path` prints where they are, for a PATH.
#
# Trunk goes to cargo's own folder of programs, where a shell finds it. The last two have to be of the versions in
# Trunk.toml, so they go to Trunk's cache, where it looks for them; what else is on the PATH stays as it is.
set -euo pipefail
cd "$(dirname "$0")"

# Trunk 0.22 needs a newer Rust than this.
TRUNK=0.21.14
NODE=20.11
pinned() { sed -n "s/^$1 = \"\(.*\)\"/\1/p" Trunk.toml; }
case "$(uname -s)" in
    Darwin) CACHE="$HOME/Library/Caches/dev.trunkrs.trunk" ;;
    *) CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/trunk" ;;
esac
BINDGEN="$CACHE/wasm-bindgen-$(pinned wasm_bindgen)"
OPT="$CACHE/wasm-opt-$(pinned wasm_opt)"
FOLDERS="$BINDGEN:$OPT/bin:${CARGO_INSTALL_ROOT:-${CARGO_HOME:-$HOME/.cargo}}/bin"

if [ "${1:-}" = --path ]; then
    echo "$FOLDERS"
    exit
fi
PATH="$FOLDERS:$PATH"

need() {
    if ! command -v "$1" >/dev/null 2>&1; then
        echo "missing: $1 ($2)" >&2
        exit 1
    fi
}

# install LEVEL NAME VERSION …: programs that run for seconds need no optimisation that takes minutes.
install() {
    echo "installing $2 $3"
    CARGO_PROFILE_RELEASE_OPT_LEVEL=$1 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
        CARGO_PROFILE_RELEASE_DEBUG=false CARGO_PROFILE_RELEASE_STRIP=true \
        cargo install "$2" --version "$3" --quiet --force "${@:4}"
}

need cargo "https://rustup.rs"
need node "$NODE or newer: https://nodejs.org, or your system's package nodejs"
need npm "it comes with Node, or your system's package npm"
node -e "const [a, b] = process.versions.node.split('.'); process.exit(Number(a) + b / 1000 >= ${NODE/./.0} ? 0 : 1)" || {
    echo "Node $(node --version) is too old: the page is built with $NODE or newer" >&2
    exit 1
}

if [ ! -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" ]; then
    need rustup "or your system's package of Rust for wasm32-unknown-unknown"
    rustup target add wasm32-unknown-unknown
fi

# The lock of wasm-bindgen-cli names a version that is not to be had, and Trunk does not compile without its own.
bindgen() {
    [ ! -x "$BINDGEN/wasm-bindgen" ] || return 0
    install 1 wasm-bindgen-cli "$(pinned wasm_bindgen)" --no-default-features --root "$BINDGEN"
    mv "$BINDGEN"/bin/* "$BINDGEN/"
}

trunk_itself() {
    case "$(trunk --version 2>/dev/null || true)" in
        "trunk 0.21."*) ;;
        *) install 0 trunk "$TRUNK" --locked --no-default-features --features rustls ;;
    esac
}

# Along with wasm-opt come the browser's driver and the rules of accessibility, for the tests: both are small.
modules() {
    local modules=web/e2e/node_modules
    if ! cmp -s web/e2e/package-lock.json "$modules/.installed"; then
        (cd web/e2e && npm ci --silent --no-audit --no-fund)
        cp web/e2e/package-lock.json "$modules/.installed"
    fi
    if [ ! -x "$OPT/bin/wasm-opt" ]; then
        mkdir -p "$OPT/bin"
        cp "$modules"/binaryen/bin/{package.json,wasm-opt} "$OPT/bin/"
    fi
}

# Side by side, for each has times when a single thread of it is busy. In the background they do not hear Ctrl-C.
trap 'kill 0' INT
parts=()
for part in bindgen trunk_itself modules; do
    $part &
    parts+=($!)
done
for part in "${parts[@]}"; do wait "$part"; done
