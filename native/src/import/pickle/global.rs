//! The names that a pickle uses. A few have a meaning here; of the others nothing is run, and nothing is read.

use anyhow::{Result, bail};

/// What a pickle may name.
#[derive(Debug, Clone, PartialEq)]
pub enum Global {
    OrderedDict,
    Size,
    /// A call of it gives nothing of interest.
    Opaque,
    RebuildTensor,
    RebuildParameter,
    Storage(Kind),
    /// A tensor with attributes.
    RebuildFromType,
    /// The class of a network's part.
    Module(String),
    /// Anything else, by its name without the module: it may be a class of modules or of values beside the weights.
    Unknown(String),
}

/// The published networks' own classes.
const CLASSES: [&str; 8] =
    ["FeatureNet", "NTKHeadNet", "STDHeadNet", "NTKClassifier", "STDClassifier", "Net", "NTKConv2d", "NTKLinear"];

/// Modules of Python that no checkpoint needs and that a harmful file would.
const HARMFUL: [&str; 12] =
    ["os", "posix", "nt", "sys", "subprocess", "socket", "shutil", "runpy", "importlib", "pty", "webbrowser", "ctypes"];
/// What is harmless of the built-in names.
const BUILT_IN: [&str; 16] = [
    "bool",
    "bytearray",
    "bytes",
    "complex",
    "dict",
    "float",
    "frozenset",
    "int",
    "list",
    "object",
    "range",
    "set",
    "slice",
    "str",
    "tuple",
    "type",
];

impl Global {
    /// The one with that name.
    ///
    /// # Errors
    /// When only a harmful file would name it.
    pub fn of(module: &str, name: &str) -> Result<Self> {
        Ok(match (module, name) {
            ("collections", "OrderedDict") => Self::OrderedDict,
            ("torch", "Size") => Self::Size,
            // An attribute of modules before torch 1.4.
            ("torch.nn.backends.thnn", "_get_thnn_function_backend") => Self::Opaque,
            ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => Self::RebuildTensor,
            ("torch._tensor", "_rebuild_from_type_v2") => Self::RebuildFromType,
            ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state") => Self::RebuildParameter,
            ("torch", storage) if storage.ends_with("Storage") => Kind::of(storage).map_or(Self::Opaque, Self::Storage),
            ("model" | "util" | "__main__", class) if CLASSES.contains(&class) => Self::Module(class.to_owned()),
            (module, class) if module.starts_with("torch.nn.modules.") => Self::Module(class.to_owned()),
            ("__builtin__" | "builtins", name) if BUILT_IN.contains(&name) => Self::Opaque,
            (module, name) if is_harmful(module) => bail!(
                "it names `{module}.{name}`, which no checkpoint needs: it may be harmful, and none of it was run"
            ),
            (_, name) => Self::Unknown(name.to_owned()),
        })
    }
}

fn is_harmful(module: &str) -> bool {
    let package = module.split('.').next().unwrap_or_default();
    HARMFUL.contains(&package) || matches!(package, "__builtin__" | "builtins")
}

/// How a storage's numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Float,
    Double,
    Half,
    BFloat16,
    /// Integers or complex numbers of so many bytes, which weights are not.
    Other(u8),
}

impl Kind {
    fn of(storage: &str) -> Option<Self> {
        Some(match storage {
            "FloatStorage" => Self::Float,
            "DoubleStorage" => Self::Double,
            "HalfStorage" => Self::Half,
            "BFloat16Storage" => Self::BFloat16,
            "ComplexDoubleStorage" => Self::Other(16),
            "LongStorage" | "ComplexFloatStorage" => Self::Other(8),
            "IntStorage" => Self::Other(4),
            "ShortStorage" => Self::Other(2),
            "CharStorage" | "ByteStorage" | "BoolStorage" => Self::Other(1),
            _ => return None,
        })
    }

    /// Bytes of a number.
    pub const fn width(self) -> u64 {
        match self {
            Self::Float => 4,
            Self::Double => 8,
            Self::Half | Self::BFloat16 => 2,
            Self::Other(width) => width as u64,
        }
    }
}
