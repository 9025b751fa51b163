use safetensors::Dtype;

/// Why a file is not a model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// The container is damaged, cut short or something else.
    #[error("this is not a whole safetensors file: {0}")]
    Container(#[from] safetensors::SafeTensorError),
    /// The metadata lack a key.
    #[error("the metadata have no `{0}`: this is not a gradfeat model")]
    MissingKey(&'static str),
    /// The metadata have a value that cannot be.
    #[error("the metadata's `{key}` is `{value}`: {problem}")]
    BadValue {
        /// The key.
        key: &'static str,
        /// What it says.
        value: String,
        /// What is wrong with that.
        problem: String,
    },
    /// A tensor is not there.
    #[error("the tensor `{0}` is missing")]
    MissingTensor(String),
    /// A tensor is there that should not be.
    #[error("the tensor `{0}` does not belong in this file")]
    UnexpectedTensor(String),
    /// A tensor has another shape.
    #[error("the tensor `{name}` has the shape {found:?}, not {expected:?}")]
    Shape {
        /// The tensor.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// What its shape should be.
        expected: Vec<usize>,
    },
    /// A tensor is of a type that is not read.
    #[error("the tensor `{name}` is of type {found:?}: only F64, F32, F16 and BF16 are read")]
    Type {
        /// The tensor.
        name: String,
        /// Its type.
        found: Dtype,
    },
    /// A tensor has a number that is none.
    #[error("the tensor `{name}` has a value that is not finite, at {index}")]
    NotFinite {
        /// The tensor.
        name: String,
        /// Where in it.
        index: usize,
    },
    /// The file has no part that was asked for.
    #[error("the file holds {found}, not {wanted}")]
    Part {
        /// What it holds.
        found: &'static str,
        /// What was asked for.
        wanted: &'static str,
    },
    /// The head was fitted on another network.
    #[error("the head was fitted on another base network: their {0} differ")]
    OtherBase(&'static str),
}
