//! What went wrong, as the interface is sent of it.

use crate::{model_error::ModelError, plan::TrainingError, sources::SourceError};
use gradient_features::images::{ImageError, MAX_DECODE_BYTES, MAX_SIDE};
use protocol::trouble::Trouble;

impl From<SourceError> for Trouble {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Unreachable(file) => Self::Unreachable(file),
            SourceError::Status(file, status) => Self::Status(file, status),
            SourceError::BrokenOff(file) => Self::BrokenOff(file),
            SourceError::Image(error) => of_image(&error),
            other => Self::Other(other.to_string()),
        }
    }
}

impl From<ModelError> for Trouble {
    fn from(error: ModelError) -> Self {
        match error {
            ModelError::Source(error) => error.into(),
            ModelError::Weights(part, why) => Self::Model(part, why.to_string()),
            other => Self::Other(other.to_string()),
        }
    }
}

impl From<TrainingError> for Trouble {
    fn from(error: TrainingError) -> Self {
        match error {
            TrainingError::Model(error) => error.into(),
            TrainingError::Source(error) => error.into(),
            TrainingError::Weights(why) => Self::File(why.to_string()),
            other => Self::Other(other.to_string()),
        }
    }
}

fn of_image(error: &ImageError) -> Trouble {
    match *error {
        ImageError::UnknownFormat => Trouble::Format,
        ImageError::Damaged(ref why) => Trouble::Damaged(why.to_string()),
        ImageError::Empty(width, height) => Trouble::Empty { width, height },
        ImageError::TooLarge { width, height } => {
            Trouble::Large { width, height, side: MAX_SIDE, megabytes: (MAX_DECODE_BYTES >> 20) as u32 }
        }
        ref other => Trouble::Other(other.to_string()),
    }
}
