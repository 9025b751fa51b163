//! Makes two programs of the page's interface, as it was compiled: `app`, which shows the first of it, and what
//! `later` says, which `app` loads behind it. Writes both, with their JavaScript.
//!
//! ```text
//! split APP.wasm FOLDER
//! ```

use anyhow::{Context, Result, anyhow, bail};
use std::{env, fs, path::Path};
use wasm_bindgen_cli_support::Bindgen;
use wasm_split_cli_support::{Options, transform};

/// The interface's files: `app.js`, `app_bg.wasm`, and what loads the rest.
const NAME: &str = "app";
const LOADER: &str = "./later.js";

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [whole, folder] = &arguments[..] else { bail!("usage: split APP.wasm FOLDER") };
    split(Path::new(whole), Path::new(folder))
}

fn split(whole: &Path, folder: &Path) -> Result<()> {
    let program = fs::read(whole).with_context(|| format!("{} cannot be read", whole.display()))?;
    fs::create_dir_all(folder)?;
    let first = folder.join("app.wasm");
    let mut options = Options::new(&program);
    let main_module = format!("./{NAME}.js");
    options.main_module = &main_module;
    options.link_name = LOADER;
    options.output_dir = folder;
    options.main_out_path = &first;
    transform(options).map_err(|error| anyhow!("{error:?}"))?;
    Bindgen::new()
        .web(true)?
        .typescript(false)
        .keep_lld_exports(true)
        .input_path(&first)
        .out_name(NAME)
        .generate(folder)?;
    Ok(fs::remove_file(first)?)
}
