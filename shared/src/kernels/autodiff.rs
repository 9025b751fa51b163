//! The kernels in reverse mode.
//!
//! Leaky ReLU's derivative is constant almost everywhere, so the primal output depends on the pre-activation alone
//! and the tangent output on the tangent alone: two nodes of the graph, each with one parent, one gate as backward.

use super::{BatchNormInput, KernelGradients, Kernels, Layout, dropout::Dropout};
use burn::backend::{
    Autodiff, AutodiffBackend,
    autodiff::{
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, NodeGuard, Ops, OpsKind},
    },
    tensor::FloatTensor,
};

/// Backward of either output of leaky ReLU: the gradient times `d(pre)`.
#[derive(Debug)]
struct Gate;

impl<B: KernelGradients> Backward<B, 1> for Gate {
    type State = (FloatTensor<B>, f32);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = grads.consume::<B>(&ops.node);
        let ([parent], (pre, slope)) = (ops.parents, ops.state);
        if let Some(parent) = parent {
            grads.register::<B>(parent.id, B::leaky_gate(pre, grad, slope));
        }
    }
}

/// Backward of batch normalisation.
#[derive(Debug)]
struct BatchNorm;

impl<B: KernelGradients> Backward<B, 3> for BatchNorm {
    type State = BatchNormInput<B>;

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = grads.consume::<B>(&ops.node);
        let gradients = B::batch_normalize_gradients(ops.state, grad);
        for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
            if let Some(parent) = parent {
                grads.register::<B>(parent.id, gradient);
            }
        }
    }
}

/// Backward of the convolution.
#[derive(Debug)]
struct Conv2d;

impl<B: KernelGradients> Backward<B, 2> for Conv2d {
    type State = (FloatTensor<B>, FloatTensor<B>, usize);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = grads.consume::<B>(&ops.node);
        let ([x_node, weight_node], (x, weight, stride)) = (ops.parents, ops.state);
        if let Some(node) = x_node {
            let grad = B::conv2d_input_gradient(x.clone(), weight.clone(), grad.clone(), stride);
            grads.register::<B>(node.id, grad);
        }
        if let Some(node) = weight_node {
            grads.register::<B>(node.id, B::conv2d_weight_gradient(x, weight, grad, stride));
        }
    }
}

/// Backward of the transposed convolution: the convolution's own operations with the two sides exchanged.
#[derive(Debug)]
struct ConvTranspose2d;

impl<B: KernelGradients> Backward<B, 2> for ConvTranspose2d {
    type State = (FloatTensor<B>, FloatTensor<B>, usize);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = grads.consume::<B>(&ops.node);
        let ([x_node, weight_node], (x, weight, stride)) = (ops.parents, ops.state);
        if let Some(node) = x_node {
            grads.register::<B>(node.id, B::valid_conv2d(grad.clone(), weight.clone(), stride));
        }
        if let Some(node) = weight_node {
            grads.register::<B>(node.id, B::conv2d_weight_gradient(grad, weight, x, stride));
        }
    }
}

/// Backward of maxout.
#[derive(Debug)]
struct Maxout;

impl<B: KernelGradients> Backward<B, 1> for Maxout {
    type State = FloatTensor<B>;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = grads.consume::<B>(&ops.node);
        let [parent] = ops.parents;
        if let Some(parent) = parent {
            grads.register::<B>(parent.id, B::pairwise_maxout_gradient(ops.state, grad));
        }
    }
}

/// Backward of dropout: the gradient meets the same mask.
#[derive(Debug)]
struct DroppedOut;

impl<B: KernelGradients> Backward<B, 1> for DroppedOut {
    type State = Dropout;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = grads.consume::<B>(&ops.node);
        let [parent] = ops.parents;
        if let Some(parent) = parent {
            grads.register::<B>(parent.id, B::dropped_out(grad, ops.state));
        }
    }
}

impl<B: Layout, C: CheckpointStrategy> Layout for Autodiff<B, C> {
    fn lay_out_weight(weight: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::from_inner(B::lay_out_weight(Self::inner(weight)))
    }
}

impl<B: KernelGradients, C: CheckpointStrategy> Kernels for Autodiff<B, C> {
    fn leaky(pre: FloatTensor<Self>, slope: f32) -> FloatTensor<Self> {
        let (pre, node) = pre.into_parts();
        let out = B::leaky(pre.clone(), slope);
        gated::<B, C>(out, node, pre, slope)
    }

    fn leaky_jvp(
        pre: FloatTensor<Self>,
        tangent: FloatTensor<Self>,
        slope: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let (pre, pre_node) = pre.into_parts();
        let (tangent, tangent_node) = tangent.into_parts();
        let (primal, tangent) = B::leaky_jvp(pre.clone(), tangent, slope);
        (gated::<B, C>(primal, pre_node, pre.clone(), slope), gated::<B, C>(tangent, tangent_node, pre, slope))
    }

    fn valid_conv2d(x: FloatTensor<Self>, weight: FloatTensor<Self>, stride: usize) -> FloatTensor<Self> {
        let (x, x_node) = x.into_parts();
        let (weight, weight_node) = weight.into_parts();
        let out = B::valid_conv2d(x.clone(), weight.clone(), stride);
        match Conv2d.prepare::<C>([x_node, weight_node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish((x, weight, stride), out),
            OpsKind::UnTracked(prep) => prep.finish(out),
        }
    }

    fn valid_conv_transpose2d(x: FloatTensor<Self>, weight: FloatTensor<Self>, stride: usize) -> FloatTensor<Self> {
        let (x, x_node) = x.into_parts();
        let (weight, weight_node) = weight.into_parts();
        let out = B::valid_conv_transpose2d(x.clone(), weight.clone(), stride);
        match ConvTranspose2d.prepare::<C>([x_node, weight_node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish((x, weight, stride), out),
            OpsKind::UnTracked(prep) => prep.finish(out),
        }
    }

    fn pairwise_maxout(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let (x, node) = x.into_parts();
        let out = B::pairwise_maxout(x.clone());
        match Maxout.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(x, out),
            OpsKind::UnTracked(prep) => prep.finish(out),
        }
    }

    fn dropped_out(x: FloatTensor<Self>, dropout: Dropout) -> FloatTensor<Self> {
        let (x, node) = x.into_parts();
        let out = B::dropped_out(x, dropout);
        match DroppedOut.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(dropout, out),
            OpsKind::UnTracked(prep) => prep.finish(out),
        }
    }

    fn batch_normalize(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        epsilon: f32,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let (x, x_node) = x.into_parts();
        let (scale, scale_node) = scale.into_parts();
        let (shift, shift_node) = shift.into_parts();
        let (out, mean, variance) = B::batch_normalize(x.clone(), scale.clone(), shift, epsilon);
        let input = BatchNormInput::<B> { x, scale, mean: mean.clone(), variance: variance.clone(), epsilon };
        let out = match BatchNorm.prepare::<C>([x_node, scale_node, shift_node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(input, out),
            OpsKind::UnTracked(prep) => prep.finish(out),
        };
        (out, Self::from_inner(mean), Self::from_inner(variance))
    }
}

/// Puts `out = value · d(pre)` into the graph as a function of the node that `value` came from.
fn gated<B: KernelGradients, C: CheckpointStrategy>(
    out: FloatTensor<B>,
    node: NodeGuard,
    pre: FloatTensor<B>,
    slope: f32,
) -> FloatTensor<Autodiff<B, C>> {
    match Gate.prepare::<C>([node]).compute_bound().stateful() {
        OpsKind::Tracked(prep) => prep.finish((pre, slope), out),
        OpsKind::UnTracked(prep) => prep.finish(out),
    }
}
