//! Makes one function a message from `locales`, a Fluent file a language. It fails unless every language says the same
//! messages with the same variables. And has the interface keep what `web/split` needs to know.

use fluent_syntax::{
    ast::{Entry, Expression, InlineExpression, Message, PatternElement},
    parser,
};
use std::{collections::BTreeMap, env, error::Error, fs, path::Path};

/// In the order of `Language`.
const FILES: [&str; 2] = ["../locales/en.ftl", "../locales/zh.ftl"];

/// The text, with `{name}` for every variable, and their names.
type Text = (String, Vec<String>);

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=../locales");
    if env::var("CARGO_CFG_TARGET_FAMILY")? == "wasm" {
        println!("cargo::rustc-link-arg-bin=app=--emit-relocs");
    }
    println!("cargo::rustc-env=REPOSITORY={}", repository());
    let [english, chinese] = FILES.map(messages);
    let (english, mut chinese) = (english?, chinese?);
    let mut code = String::new();
    for (name, (text, variables)) in english {
        let (other, its) = chinese.remove(&name).ok_or(format!("{}: {name} is missing", FILES[1]))?;
        let sorted = |names: &[String]| BTreeMap::from_iter(names.iter().map(|name| (name.clone(), ())));
        if sorted(&variables) != sorted(&its) {
            return Err(format!("{name}: {variables:?} in English, but {its:?} in Chinese").into());
        }
        code += &function(&name, &variables, [&text, &other]);
    }
    match chinese.first_key_value() {
        Some((name, _)) => Err(format!("{}: {name} is not in {}", FILES[1], FILES[0]).into()),
        None => Ok(fs::write(Path::new(&env::var("OUT_DIR")?).join("messages.rs"), code)?),
    }
}

/// The address of the source code: the package's, or where GitHub builds it; empty where neither is known.
fn repository() -> String {
    let on_github = || {
        let [server, name] = ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY"].map(|variable| {
            println!("cargo::rerun-if-env-changed={variable}");
            env::var(variable).ok()
        });
        Some(format!("{}/{}", server?, name?))
    };
    let named = env::var("CARGO_PKG_REPOSITORY").ok().filter(|named| !named.is_empty());
    named.or_else(on_github).unwrap_or_default()
}

/// Every message of a file.
fn messages(file: &str) -> Result<BTreeMap<String, Text>, Box<dyn Error>> {
    let resource =
        parser::parse(fs::read_to_string(file)?).map_err(|(_, errors)| format!("{file}: {:?}", errors.first()))?;
    let mut found = BTreeMap::new();
    for entry in resource.body {
        if let Entry::Message(message) = entry {
            let name = message.id.name.replace('-', "_");
            let text = text(message).ok_or(format!("{file}: {name} is more than text with variables"))?;
            if found.insert(name.clone(), text).is_some() {
                return Err(format!("{file}: {name} is said twice").into());
            }
        }
    }
    Ok(found)
}

fn text(message: Message<String>) -> Option<Text> {
    let (mut text, mut variables) = (String::new(), Vec::new());
    for element in message.value?.elements {
        match element {
            PatternElement::TextElement { value } => text += &value,
            PatternElement::Placeable {
                expression: Expression::Inline(InlineExpression::VariableReference { id }),
            } => {
                text += &format!("{{{}}}", id.name);
                if !variables.contains(&id.name) {
                    variables.push(id.name);
                }
            }
            PatternElement::Placeable { .. } => return None,
        }
    }
    Some((text, variables))
}

/// Its parameters are in the order of the English text.
// The text is in backticks: it may hold HTML, which rustdoc would read as its own.
fn function(name: &str, variables: &[String], texts: [&str; 2]) -> String {
    if variables.is_empty() {
        return format!("/// `{0:?}`\npub fn {name}() -> &'static str {{ say({texts:?}) }}\n", texts[0]);
    }
    let parameters: Vec<String> = variables.iter().map(|name| format!("{name}: impl Display")).collect();
    let values: Vec<String> = variables.iter().map(|name| format!("(\"{{{name}}}\", &{name})")).collect();
    format!(
        "/// `{0:?}`\npub fn {name}({1}) -> String {{ fill({texts:?}, &[{2}]) }}\n",
        texts[0],
        parameters.join(", "),
        values.join(", "),
    )
}
