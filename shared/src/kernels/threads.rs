//! The same loops on several threads natively and on the one thread of a browser's worker.

/// Calls `work(index, chunk)` for each chunk of `size` numbers.
#[cfg(not(target_family = "wasm"))]
pub fn for_each_chunk(numbers: &mut [f32], size: usize, work: impl Fn(usize, &mut [f32]) + Sync) {
    use rayon::prelude::*;
    numbers.par_chunks_mut(size.max(1)).enumerate().for_each(|(index, chunk)| work(index, chunk));
}

/// Calls `work(index, chunk)` for each chunk of `size` numbers.
#[cfg(target_family = "wasm")]
pub fn for_each_chunk(numbers: &mut [f32], size: usize, work: impl Fn(usize, &mut [f32])) {
    numbers.chunks_mut(size.max(1)).enumerate().for_each(|(index, chunk)| work(index, chunk));
}

/// `work(0), work(1), …`, in this order in the result.
#[cfg(not(target_family = "wasm"))]
pub fn map<T: Send>(count: usize, work: impl Fn(usize) -> T + Send + Sync) -> Vec<T> {
    use rayon::prelude::*;
    (0..count).into_par_iter().map(work).collect()
}

/// `work(0), work(1), …`, in this order in the result.
#[cfg(target_family = "wasm")]
pub fn map<T>(count: usize, work: impl Fn(usize) -> T) -> Vec<T> {
    (0..count).map(work).collect()
}
