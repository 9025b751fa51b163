//! The exponential moving average of a network over its last steps: an adversarial game circles its solution, and the
//! average lies nearer to it (Yazıcı et al. 2019).

use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    tensor::Tensor,
};
use std::{any::Any, collections::VecDeque};

/// `average` with `share` of the way gone to `net`; running statistics too.
///
/// # Panics
/// When the two have not the same shape.
pub fn towards<M: Module>(average: M, net: &M, share: f64) -> M {
    let mut targets = Targets(VecDeque::new());
    net.visit(&mut targets);
    let mut mixer = Mixer { targets, share };
    let mixed = average.map(&mut mixer);
    assert!(mixer.targets.0.is_empty(), "both networks have the same shape");
    mixed
}

/// Parameters in the order in which a module shows them. Not by their names, which Burn gives anew to what it loads.
struct Targets(VecDeque<Box<dyn Any>>);

impl ModuleVisitor for Targets {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.push_back(Box::new(param.val()));
    }
}

struct Mixer {
    targets: Targets,
    share: f64,
}

impl ModuleMapper for Mixer {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let target = self.targets.0.pop_front().and_then(|target| target.downcast::<Tensor<D>>().ok());
        let target = *target.expect("both networks have the same shape");
        param.map(|value| value.clone() + (target - value) * self.share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, Tolerance};
    use gradient_features::model::normalized::BatchNorm;

    #[test]
    fn it_goes_its_share_of_the_way() {
        let device = Device::flex();
        let (start, mut target) = (BatchNorm::new(2, &device), BatchNorm::new(2, &device));
        target.scale = Param::from_tensor(Tensor::from_floats([5.0, 1.0], &device));
        target.mean.update(Tensor::from_floats([4.0, -8.0], &device));
        target.mean.value_sync();
        let half_way = towards(towards(start, &target, 0.25), &target, 1.0 / 3.0);
        let near = |found: Tensor<1>, expected: [f32; 2]| {
            found.into_data().assert_approx_eq::<f32>(&expected.into(), Tolerance::default());
        };
        near(half_way.scale.val(), [3.0, 1.0]);
        near(half_way.mean.value_sync(), [2.0, -4.0]);
        near(target.mean.value_sync(), [4.0, -8.0]);
    }
}
