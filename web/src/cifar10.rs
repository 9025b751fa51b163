//! What the interface knows of CIFAR-10 without the crate `shared`, with which it would download the whole model.
//! The engine, which has both, tests that they agree.

/// The names of the classes, in the order of the labels.
pub const CLASSES: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// Side of an image, in pixels.
pub const SIDE: usize = 32;
