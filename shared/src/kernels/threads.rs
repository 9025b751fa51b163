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

/// Calls `work(index, chunks)` for the chunks of `size` numbers that three slices of one length have at one place.
#[cfg(not(target_family = "wasm"))]
pub fn for_each_chunk_of_three(
    [a, b, c]: [&mut [f32]; 3],
    size: usize,
    work: impl Fn(usize, [&mut [f32]; 3]) + Send + Sync,
) {
    use rayon::prelude::*;
    let chunks = (a.par_chunks_mut(size), b.par_chunks_mut(size), c.par_chunks_mut(size)).into_par_iter();
    chunks.enumerate().for_each(|(index, (a, b, c))| work(index, [a, b, c]));
}

/// Calls `work(index, chunks)` for the chunks of `size` numbers that three slices of one length have at one place.
#[cfg(target_family = "wasm")]
pub fn for_each_chunk_of_three([a, b, c]: [&mut [f32]; 3], size: usize, work: impl Fn(usize, [&mut [f32]; 3])) {
    let chunks = a.chunks_mut(size).zip(b.chunks_mut(size)).zip(c.chunks_mut(size));
    chunks.enumerate().for_each(|(index, ((a, b), c))| work(index, [a, b, c]));
}
