//! The names that a pickle may use: a short list of what PyTorch's checkpoints of these networks need.

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
    /// The class of a network's part.
    Module(String),
}

/// The published networks' own classes.
const CLASSES: [&str; 8] =
    ["FeatureNet", "NTKHeadNet", "STDHeadNet", "NTKClassifier", "STDClassifier", "Net", "NTKConv2d", "NTKLinear"];

impl Global {
    /// The one with that name.
    ///
    /// # Errors
    /// When it is not on the list.
    pub fn of(module: &str, name: &str) -> Result<Self> {
        Ok(match (module, name) {
            ("collections", "OrderedDict") => Self::OrderedDict,
            ("torch", "Size") => Self::Size,
            ("__builtin__" | "builtins", "set") => Self::Opaque,
            // An attribute of modules before torch 1.4.
            ("torch.nn.backends.thnn", "_get_thnn_function_backend") => Self::Opaque,
            ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => Self::RebuildTensor,
            ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state") => Self::RebuildParameter,
            ("torch", storage) if storage.ends_with("Storage") => Self::Storage(Kind::of(storage)?),
            ("model" | "util" | "__main__", class) if CLASSES.contains(&class) => Self::Module(class.to_owned()),
            (module, class) if module.starts_with("torch.nn.modules.") => Self::Module(class.to_owned()),
            _ => bail!(
                "it names `{module}.{name}`, which no checkpoint of these networks needs; it may be harmful, and none of \
                 it was run"
            ),
        })
    }
}

/// How a storage's numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Float,
    Double,
    Half,
    BFloat16,
    /// Integers of so many bytes, which weights are not.
    Integer(u8),
}

impl Kind {
    fn of(storage: &str) -> Result<Self> {
        Ok(match storage {
            "FloatStorage" => Self::Float,
            "DoubleStorage" => Self::Double,
            "HalfStorage" => Self::Half,
            "BFloat16Storage" => Self::BFloat16,
            "LongStorage" => Self::Integer(8),
            "IntStorage" => Self::Integer(4),
            "ShortStorage" => Self::Integer(2),
            "CharStorage" | "ByteStorage" | "BoolStorage" => Self::Integer(1),
            _ => bail!("it has a `torch.{storage}`, which is not read"),
        })
    }

    /// Bytes of a number.
    pub const fn width(self) -> u64 {
        match self {
            Self::Float => 4,
            Self::Double => 8,
            Self::Half | Self::BFloat16 => 2,
            Self::Integer(width) => width as u64,
        }
    }
}
