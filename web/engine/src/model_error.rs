//! Why the model cannot compute something.

use crate::sources::SourceError;
use gradient_features::{ReadError, weights::WeightsError};
use protocol::loading::Part;

/// Why there is no prediction.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("a file of the model is not usable: {1}")]
    Weights(Part, WeightsError),
    #[error("the fitted model cannot be written: {0}")]
    Unwritable(WeightsError),
    #[error("the numbers cannot be read back from the processor: {0}")]
    Read(#[from] ReadError),
}
