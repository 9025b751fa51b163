//! What to do when the engine stops by itself.

/// How the engine is started, and what that says about how to start it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recovery {
    /// Leave the GPU alone.
    pub cpu_only: bool,
    /// Whether this very start has been repeated already.
    repeated: bool,
}

impl Recovery {
    /// A first start.
    pub fn new(cpu_only: bool) -> Self {
        Self { cpu_only, repeated: false }
    }

    /// The next start after the engine broke, `was_ready` or not; `None` when another would be no use.
    ///
    /// A GPU that worked gets a second chance, one that never did gets none; the CPU always gets a second one.
    pub fn next(self, was_ready: bool) -> Option<Self> {
        match self {
            Self { cpu_only: false, repeated: false } if was_ready => Some(Self { cpu_only: false, repeated: true }),
            Self { cpu_only: false, .. } => Some(Self::new(true)),
            Self { cpu_only: true, repeated: false } => Some(Self { cpu_only: true, repeated: true }),
            Self { cpu_only: true, repeated: true } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn a_gpu_that_worked_is_tried_once_more_before_the_cpu() {
        let second = Recovery::new(false).next(true).unwrap();
        assert!(!second.cpu_only);
        assert_eq!(second.next(true), Some(Recovery::new(true)));
    }

    #[wasm_bindgen_test]
    fn a_gpu_that_never_worked_is_not_tried_again() {
        assert_eq!(Recovery::new(false).next(false), Some(Recovery::new(true)));
    }

    #[wasm_bindgen_test]
    fn every_chain_of_failures_ends() {
        for was_ready in [false, true] {
            let starts = std::iter::successors(Some(Recovery::new(false)), |start| start.next(was_ready));
            assert!(starts.take(10).count() <= 4);
        }
    }
}
