//! What the engine computes of the chosen image beyond its predictions, as the sections keep it.

use crate::{choice::Choice, engine::Engine, selection::Selection};
use leptos::prelude::*;
use protocol::{insight::Insight, messages::FromEngine};

/// Something that was computed of an image.
#[derive(Debug, Clone, PartialEq)]
pub struct OfImage<T> {
    /// The image.
    pub image: Choice,
    /// What was computed.
    pub value: T,
}

/// The newest of its kind.
pub type Newest<T> = RwSignal<Option<OfImage<T>>>;

/// The newest of the insights that `pick` takes, from now on, of the image that was chosen last.
pub fn newest<T>(engine: Engine, selection: Selection, pick: fn(&Insight) -> Option<&T>) -> Newest<T>
where
    T: Clone + Send + Sync + 'static,
{
    let signal = RwSignal::new(None);
    engine.listen(move |message| {
        if let FromEngine::Insight { id, insight } = message
            && selection.is_wanted(*id)
            && let (Some(value), Some(image)) = (pick(insight), selection.choice.get_untracked())
        {
            signal.set(Some(OfImage { image, value: value.clone() }));
        }
    });
    signal
}
